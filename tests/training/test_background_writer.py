"""Files written in the background: in order, the newest of each name, and no lost error."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Event, current_thread, main_thread
from typing import Any

import keras
import numpy as np
import pytest
from stopped_runs import history_of

from ferkit.backend.choosing import prepare_compute
from ferkit.data.dataset import FerDataset
from ferkit.runs.folder import RunFolder
from ferkit.training import TrainConfig
from ferkit.training.background_writer import BackgroundWriter
from ferkit.training.callbacks import training_state
from ferkit.training.fit import fit


def test_a_pending_write_is_replaced_and_a_state_follows_its_model() -> None:
    writer, may_go, written = BackgroundWriter(), Event(), []

    def slow() -> None:
        may_go.wait(10)
        written.append("state 1")

    writer.put("state", slow, refers=True)
    writer.put("state", lambda: written.append("state 2"), refers=True)
    writer.put("model", lambda: written.append("model 3"))
    writer.put("state", lambda: written.append("state 3"), refers=True)
    may_go.set()
    writer.finish()
    assert written == ["state 1", "model 3", "state 3"]


def test_no_waiting_state_passes_the_model_that_it_refers_to() -> None:
    writer, may_go, written = BackgroundWriter(), Event(), []
    writer.put("state", lambda: may_go.wait(10) and None, refers=True)
    writer.put("model", lambda: written.append("model 2"))
    writer.put("state", lambda: written.append("state 2"), refers=True)
    # Epoch 3 is better and has not queued its state yet.
    writer.put("model", lambda: written.append("model 3"))
    may_go.set()
    writer.finish()
    assert written == ["model 3", "state 2"]


def test_a_write_error_is_raised_in_training_and_stops_later_writes() -> None:
    writer, failed, written = BackgroundWriter(), Event(), []

    def fail() -> None:
        failed.set()
        raise OSError("full")

    writer.put("model", fail)
    assert failed.wait(10)
    writer._pool.submit(lambda: None).result(10)  # by now the error is noted
    with pytest.raises(OSError, match="full"):
        writer.put("state", lambda: written.append("state"))
    with pytest.raises(OSError, match="full"):
        writer.finish()
    assert written == []


def test_training_continues_during_a_write_and_history_matches_saved_files(
    tiny_dataset: FerDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go, told = Event(), []
    plain = training_state.write_arrays

    def slow(path: Path, arrays: list[np.ndarray]) -> None:
        assert may_go.wait(60)
        plain(path, arrays)

    class Watch(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
            told.append(len(history_of(tmp_path)))
            if epoch == 2:
                may_go.set()

    monkeypatch.setattr(training_state, "write_arrays", slow)
    config = TrainConfig(model="tiny", epochs=3, augment="none", tensorboard=False)
    config = replace(config, precision="float32", checkpoint_monitor="val_loss")
    run = RunFolder(tmp_path)
    fit(config, tiny_dataset, run, prepare_compute("float32"), callbacks=[Watch()], quiet=True)
    assert told == [0, 0, 0]
    assert [row["epoch"] for row in history_of(tmp_path)] == ["0", "1", "2"]
    assert [path.name for path in run.state.iterdir()] == ["epoch-00003"]


def test_a_disabled_writer_writes_at_once() -> None:
    writer, written = BackgroundWriter(beside=False), []
    writer.put("state", lambda: written.append(current_thread()))
    assert written == [main_thread()]

    def fail() -> None:
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        writer.put("state", fail)
    writer.finish()
