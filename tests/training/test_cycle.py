"""Another cycle begins with a run's weights, at the full rate, and only with the same architecture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ferkit.data.dataset import FerDataset
from ferkit.errors import ModelError, UsageError
from ferkit.models import create_model, load_model, save_model
from ferkit.training import TrainConfig, train_and_evaluate

# What is drawn is the same as of any other run.
pytestmark = pytest.mark.usefixtures("undrawn_module")

CYCLE = TrainConfig(
    model="demo",
    epochs=1,
    optimizer="nesterov",
    precision="float32",
    tensorboard=False,
)


def test_a_cycle_begins_with_the_weights_that_are_there(
    tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    start = create_model("demo")
    save_model(start, tmp_path / "start.keras")
    config = replace(CYCLE, start=str(tmp_path / "start.keras"), learning_rate=1e-12)
    train_and_evaluate(config, tmp_path / "run", dataset=tiny_dataset, quiet=True)
    kernels = [w for w in load_model(tmp_path / "run").get_weights() if w.ndim > 1]
    before = [w for w in start.get_weights() if w.ndim > 1]
    for now, then in zip(kernels, before, strict=True):
        assert now == pytest.approx(then, abs=1e-9)


def test_a_cycle_moves_the_whole_net(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    start = create_model("demo")
    save_model(start, tmp_path / "start.keras")
    config = replace(CYCLE, start=str(tmp_path / "start.keras"), learning_rate=0.05)
    train_and_evaluate(config, tmp_path / "run", dataset=tiny_dataset, quiet=True)
    for now, then in zip(
        load_model(tmp_path / "run").get_weights(), start.get_weights(), strict=True
    ):
        assert np.abs(now - then).max() > 1e-6


def test_weights_of_another_architecture_do_not_fit(
    tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    save_model(create_model("demo", width=8), tmp_path / "start.keras")
    config = replace(CYCLE, start=str(tmp_path / "start.keras"))
    with pytest.raises(ModelError, match="do not fit the architecture demo"):
        train_and_evaluate(config, tmp_path / "run", dataset=tiny_dataset, quiet=True)


def test_a_fine_tuning_has_one_size_and_no_votes() -> None:
    with pytest.raises(UsageError, match="needs image_sizes=48 and votes_weight=0"):
        TrainConfig(start="small", image_sizes="32-48")
    assert TrainConfig(start="small", optimizer="nesterov", image_sizes="32-48").fine_tunes is False
