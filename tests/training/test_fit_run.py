"""Fitting ends at validation, and the test split is scored once, at the very end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from ferkit.data.dataset import FerDataset
from ferkit.errors import ModelError, OutputError
from ferkit.evaluation.predictors import Predictor, predict_probabilities
from ferkit.files import read_json, write_json
from ferkit.locks import locked_folder
from ferkit.runs.config_file import read_config
from ferkit.runs.folder import RunFolder
from ferkit.runs.record import read_run, seed_row
from ferkit.training import TrainConfig, fit_run, train_and_evaluate
from ferkit.training.average import average_runs

pytestmark = pytest.mark.usefixtures("undrawn")

ONE = TrainConfig(
    model="tiny",
    epochs=2,
    optimizer="nesterov",
    learning_rate=0.05,
    precision="float32",
    seed=5,
    tensorboard=False,
)
TWO = replace(ONE, epochs=1, second_epochs=1, second_rate=0.03)


def test_two_processes_do_not_train_in_one_folder(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    for config in (ONE, TWO):
        with (
            locked_folder(tmp_path, OutputError("")),
            pytest.raises(OutputError, match="Another process trains in"),
        ):
            fit_run(config, tmp_path, data=tiny_dataset, quiet=True)
    assert list(tmp_path.iterdir()) == []


def test_nobody_trains_in_a_folder_whose_model_is_scored(
    tiny_dataset: FerDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("fcntl")
    refused: list[Path] = []

    def score(run: RunFolder, dataset: FerDataset) -> None:
        with pytest.raises(OutputError, match="Another process trains in"), run.locked():
            pass
        refused.append(run.path)

    for module in ("train", "average"):
        monkeypatch.setattr(f"ferkit.training.{module}.score", score)
    monkeypatch.setattr("ferkit.training.fitted_run.fit_one_cycle", lambda *_, **__: tiny_dataset)
    train_and_evaluate(ONE, tmp_path / "a", data=tiny_dataset, quiet=True)
    monkeypatch.setattr("ferkit.training.average.write_mean", lambda *_: None)
    monkeypatch.setattr(RunFolder, "is_finished", lambda _: True)
    average_runs([tmp_path / "a", tmp_path / "a"], tmp_path / "mean", tiny_dataset)
    assert refused == [tmp_path / "a", tmp_path / "mean"]


def test_a_full_disk_under_the_log_of_tensorboard_is_one_sentence(
    tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    errors = pytest.importorskip("tensorflow").errors
    told = f"{tmp_path}/tensorboard; No space left on device [Op:CreateSummaryFileWriter] name: "

    class Full(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_begin(self, logs: object = None) -> None:
            raise errors.ResourceExhaustedError(None, None, told)

    with pytest.raises(OutputError, match=r"Cannot write into .*: No space left on device\. Free"):
        fit_run(ONE, tmp_path, data=tiny_dataset, callbacks=[Full()], quiet=True)


@pytest.fixture
def asked(tiny_dataset: FerDataset, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of splits that any model has predicted, in order."""
    splits: list[str] = []

    def spy(predictor: Predictor, images: np.ndarray) -> np.ndarray:
        splits.extend(
            name
            for name in ("train", "validation", "test")
            if np.array_equal(images, tiny_dataset.split(name).images)
        )
        return predict_probabilities(predictor, images)

    monkeypatch.setattr("ferkit.evaluation.evaluate.predict_probabilities", spy)
    return splits


@pytest.mark.parametrize("config", [ONE, TWO], ids=["one cycle", "two cycles"])
def test_the_test_split_is_predicted_once(
    config: TrainConfig, tiny_dataset: FerDataset, tmp_path: Path, asked: list[str]
) -> None:
    done = train_and_evaluate(config, tmp_path / "run", data=tiny_dataset, quiet=True)
    assert sorted(asked) == ["test", "train", "validation"]
    assert done.metrics["splits"]["test"]["n"] == len(tiny_dataset.split("test"))
    for cycle in RunFolder(tmp_path / "run").cycles:
        assert not cycle.metrics.exists()
        assert not cycle.figures.exists()


def test_fitting_ends_at_validation(
    tiny_dataset: FerDataset, tmp_path: Path, asked: list[str]
) -> None:
    fitted = fit_run(ONE, tmp_path / "run", data=tiny_dataset, quiet=True)
    assert asked == []
    validation = fitted.validation()
    assert asked == ["validation"]
    rows = fitted.run.history.read_text().splitlines()
    names = rows[0].split(",")
    best = max(float(row.split(",")[names.index("val_accuracy")]) for row in rows[1:])
    assert validation["accuracy"] == pytest.approx(best, abs=1e-6)
    assert not fitted.run.metrics.exists()
    assert not fitted.run.is_finished()
    with pytest.raises(ModelError, match="its training goes on"):
        read_run(fitted.run.path)
    fitted.run.finish()
    assert read_run(fitted.run.path)["epochs"] == 2
    with pytest.raises(ModelError, match="holds no figures of validation and test"):
        seed_row(fitted.run.path)


class PrunedError(Exception):
    """What a pruner raises."""


class PruneAfter(keras.callbacks.Callback):  # type: ignore[misc]
    def __init__(self, epoch: int) -> None:
        super().__init__()
        self.epoch = epoch
        self.seen: list[float] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        assert logs is not None
        self.seen.append(logs["val_accuracy"])
        if epoch == self.epoch:
            raise PrunedError


def test_a_callback_can_prune_and_the_rest_can_follow(
    tiny_dataset: FerDataset, tmp_path: Path, asked: list[str]
) -> None:
    pruner, run = PruneAfter(0), RunFolder(tmp_path / "run")
    with pytest.raises(PrunedError):
        fit_run(ONE, run.path, data=tiny_dataset, callbacks=[pruner], quiet=True)
    assert len(pruner.seen) == 1
    assert (len(run.history.read_text().splitlines()), asked) == (2, [])
    later = PruneAfter(9)
    fit_run(ONE, run.path, data=tiny_dataset, callbacks=[later], resume=True, quiet=True)
    assert len(later.seen) == 1
    assert len(run.history.read_text().splitlines()) == 3


def test_a_run_folder_of_an_older_ferkit_still_reads(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    write_json(run.config, {"model": "cnn6", "recipe": "cnn6", "epochs": 2, "seed": 3})
    write_json(run.environment, {"commit": "4f55c36", "training_seconds": 8.0})
    scores = {"accuracy": 0.5, "nll": 1.0, "clean_accuracy": None}
    write_json(run.metrics, {"splits": {"validation": scores, "test": scores}})
    run.history.write_text("epoch,val_accuracy,seconds\n0,0.4,3\n1,0.5,5\n")
    run.model.write_bytes(b"weights")
    assert read_config(run) == TrainConfig(model="cnn6", recipe="cnn6", epochs=2, seed=3)
    assert seed_row(tmp_path) == {
        "seed": 3,
        "epochs": 2,
        "best_epoch": 2,
        "validation": 0.5,
        "test": 0.5,
        "test_clean": None,
        "training_seconds": 8.0,
    }
    run.state.mkdir()
    with pytest.raises(ModelError, match="its training goes on"):
        seed_row(tmp_path)
    assert read_json(run.config)["seed"] == 3
