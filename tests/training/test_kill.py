"""Killed at any moment and resumed: no finished epoch is lost or repeated."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from stopped_runs import history_of, stop_after

from ferkit.backend.choosing import prepare_compute
from ferkit.cli.main import main
from ferkit.data.load import load_fer2013
from ferkit.models import load_model
from ferkit.runs.checks import make_free
from ferkit.runs.folder import RunFolder
from ferkit.training.callbacks.epoch_seeds import EpochSeeds
from ferkit.training.fit import fit
from ferkit.training.recipes import get_recipe

EPOCHS = 15
SETTINGS = ["precision=float32", "tensorboard=false", "augment=flip", "batch_size=28", "model=tiny"]


def typed(data: Path, out: Path) -> list[str]:
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    start = ["train", "demo", "--data", str(data), "--out", str(out)]
    return [*start, "--epochs", str(EPOCHS), *settings]


def fit_here(data: Path, out: Path) -> None:
    """Run the same training in this process, in one go and without evaluation."""
    settings = dict(setting.split("=") for setting in [*SETTINGS, f"epochs={EPOCHS}"])
    config = get_recipe("demo").config.with_settings(settings)
    run, dataset = RunFolder(out), load_fer2013(data)
    make_free(run)
    fit(config, dataset, run, prepare_compute(config.precision), quiet=True)


def interrupt_in(epoch: int, patch: pytest.MonkeyPatch) -> None:
    """Have Ctrl-C sent to this process as an epoch begins."""
    begin = EpochSeeds.on_epoch_begin

    def interrupted(self: EpochSeeds, now: int, logs: Any = None) -> None:
        begin(self, now, logs)
        if now == epoch:
            os.kill(os.getpid(), signal.SIGINT)

    patch.setattr(EpochSeeds, "on_epoch_begin", interrupted)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.slow
def test_killed_training_resumes_where_it_was(
    tiny_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole, out = tmp_path / "whole", tmp_path / "killed"
    fit_here(tiny_folder, whole)

    first = typed(tiny_folder, out)
    assert stop_after(2, signal.SIGKILL, first, out) == -signal.SIGKILL
    before = history_of(out)
    assert 2 <= len(before) < EPOCHS
    load_model(out)  # whole, whenever the kill came

    again = [*first, "--resume"]
    # In a background job, the shell makes the suite ignore the signal.
    heeded = signal.signal(signal.SIGINT, signal.default_int_handler)
    with monkeypatch.context() as patch:
        interrupt_in(len(before) + 2, patch)
        with pytest.raises(SystemExit) as interrupted:
            main(again)
    signal.signal(signal.SIGINT, heeded)
    assert interrupted.value.code == 130
    middle = history_of(out)
    assert len(before) < len(middle) < EPOCHS
    assert middle[: len(before)] == before

    with pytest.raises(SystemExit) as exit_:
        main(again)
    told = capsys.readouterr()
    assert exit_.value.code == 0, told.err
    assert [row["epoch"] for row in history_of(out)] == [str(epoch) for epoch in range(EPOCHS)]
    assert history_of(out) == history_of(whole)
    assert "Report: " in told.out
    assert not (out / ".ferkit-state").exists()
