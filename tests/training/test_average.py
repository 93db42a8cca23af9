"""Averaging the weights of two cycles gives a run folder; unrelated runs are refused."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from ferkit.data.dataset import FerDataset
from ferkit.errors import ModelError, OutputError, UsageError
from ferkit.files import read_json
from ferkit.models import create_model, load_model, model_card, save_model
from ferkit.training import TrainConfig, train_and_evaluate
from ferkit.training.average import average_runs

# What is drawn is the same as of any other run.
pytestmark = pytest.mark.usefixtures("undrawn_module")

FIRST = TrainConfig(model="tiny", epochs=1, precision="float32", tensorboard=False)


@pytest.fixture(scope="module")
def cycles(tmp_path_factory: pytest.TempPathFactory, tiny_dataset: FerDataset) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("cycles")
    first, second = folder / "first", folder / "second"
    train_and_evaluate(FIRST, first, data=tiny_dataset, quiet=True)
    again = replace(FIRST, start=str(first), optimizer="nesterov", seed=1)
    train_and_evaluate(again, second, data=tiny_dataset, quiet=True)
    return first, second


def test_averaging_means_the_weights_and_writes_a_complete_folder(
    cycles: tuple[Path, Path], tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    result = average_runs(cycles, tmp_path / "mean", tiny_dataset)
    found = load_model(result.folder).get_weights()
    first, second = (load_model(run).get_weights() for run in cycles)
    for mean, a, b in zip(found, first, second, strict=True):
        assert mean == pytest.approx((a + b) / 2, abs=1e-6)
    assert max(np.abs(a - b).max() for a, b in zip(first, second, strict=True)) > 1e-3
    assert model_card(result.folder)["averaged"] == ["first", "second"]
    assert read_json(result.folder / "config.json")["averaged"] == ["first", "second"]
    assert set(result.metrics["splits"]) == {"train", "validation", "test", "validation+test"}
    assert result.report.is_file()
    with pytest.raises(OutputError, match="already holds a run"):
        average_runs(cycles, tmp_path / "mean", tiny_dataset)


def test_models_that_cannot_be_averaged_are_refused(
    cycles: tuple[Path, Path], tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="needs two runs or more, not 1"):
        average_runs(cycles[:1], tmp_path / "mean", tiny_dataset)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="is not a finished training"):
        average_runs([cycles[0], tmp_path / "empty"], tmp_path / "mean", tiny_dataset)
    other = tmp_path / "other"
    shutil.copytree(cycles[1], other)
    save_model(create_model("tiny", width=8), other / "model.keras")
    with pytest.raises(ModelError, match="differ in architecture or classes"):
        average_runs([cycles[0], other], tmp_path / "mean", tiny_dataset)
    pooled = keras.models.clone_model(create_model("tiny"), clone_function=_smooth)
    save_model(pooled, other / "model.keras")
    with pytest.raises(ModelError, match="was trained with another version of the arch"):
        average_runs([cycles[0], other], tmp_path / "mean", tiny_dataset)
    assert not (tmp_path / "mean" / "config.json").exists()


def _smooth(layer: keras.Layer) -> keras.Layer:
    """Copy a layer, and take another one without weights for a ReLU."""
    if isinstance(layer, keras.layers.ReLU):
        return keras.layers.Activation("gelu")
    return layer.__class__.from_config(layer.get_config())
