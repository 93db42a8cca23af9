"""A second cycle starts from a run's weights, at the full rate, with the same architecture only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from ferkit.data.dataset import FerDataset
from ferkit.errors import ModelError, UsageError
from ferkit.files import write_json
from ferkit.models import create_model, load_model, model_card, save_model
from ferkit.runs.checks import make_free
from ferkit.runs.config_file import write_config
from ferkit.runs.folder import RunFolder
from ferkit.training import TrainConfig, fit_run, train_and_evaluate
from ferkit.training.start import write_start

# What is drawn is the same as of any other run.
pytestmark = pytest.mark.usefixtures("undrawn_module")

CYCLE = TrainConfig(
    model="tiny",
    epochs=1,
    optimizer="nesterov",
    precision="float32",
    tensorboard=False,
)


def test_a_cycle_starts_from_the_given_weights(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    start = create_model("tiny")
    save_model(start, tmp_path / "start.keras")
    config = replace(CYCLE, start=str(tmp_path / "start.keras"), learning_rate=1e-12)
    train_and_evaluate(config, tmp_path / "run", data=tiny_dataset, quiet=True)
    kernels = [w for w in load_model(tmp_path / "run").get_weights() if w.ndim > 1]
    before = [w for w in start.get_weights() if w.ndim > 1]
    for now, then in zip(kernels, before, strict=True):
        assert now == pytest.approx(then, abs=1e-9)


def test_a_cycle_trains_the_whole_network(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    start = create_model("tiny")
    save_model(start, tmp_path / "start.keras")
    config = replace(CYCLE, start=str(tmp_path / "start.keras"), learning_rate=0.05)
    train_and_evaluate(config, tmp_path / "run", data=tiny_dataset, quiet=True)
    for now, then in zip(
        load_model(tmp_path / "run").get_weights(), start.get_weights(), strict=True
    ):
        assert np.abs(now - then).max() > 1e-6


def test_weights_of_another_architecture_do_not_fit(
    tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    save_model(create_model("tiny", width=8), tmp_path / "start.keras")
    config = replace(CYCLE, start=str(tmp_path / "start.keras"))
    with pytest.raises(ModelError, match="do not fit the architecture tiny"):
        train_and_evaluate(config, tmp_path / "run", data=tiny_dataset, quiet=True)


def another_version(**settings: object) -> keras.Model:
    """Return a model with the weights of `tiny` in their shapes, and other layers between."""

    def copy(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        known = {key: value for key, value in settings.items() if key in config}
        return layer.__class__.from_config({**config, **known})

    return keras.models.clone_model(create_model("tiny"), clone_function=copy)


def test_weights_of_another_version_of_the_architecture_are_refused(
    tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    other = another_version(padding="same", strides=(1, 1))
    save_model(other, tmp_path / "start.keras")
    config = replace(CYCLE, start=str(tmp_path / "start.keras"))
    wrong = r"start\.keras was trained with another version of the architecture tiny; use"
    with pytest.raises(ModelError, match=wrong):
        train_and_evaluate(config, tmp_path / "run", data=tiny_dataset, quiet=True)


def test_resume_of_another_version_is_refused(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    run, config = RunFolder(tmp_path / "run"), replace(CYCLE, epochs=2)
    make_free(run)
    write_config(run, config, tiny_dataset)
    save_model(another_version(padding="same"), run.model)
    write_json(run.state / "epoch-00001" / "state.json", {"epoch": 1, "stop": False, "history": []})
    wrong = "run was trained with another version of the architecture tiny; train again"
    with pytest.raises(ModelError, match=wrong):
        train_and_evaluate(config, run.path, data=tiny_dataset, resume=True, quiet=True)
    run.model.unlink()
    with pytest.raises(ModelError, match=r"run has lost model\.keras, the best of its epochs; put"):
        train_and_evaluate(config, run.path, data=tiny_dataset, resume=True, quiet=True)


def test_a_start_left_by_a_refused_training_is_not_used(
    tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        save_model(create_model("tiny"), tmp_path / f"{name}.keras", card={"extra_labels": True})
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    # As a training leaves it that was stopped before its config was written.
    write_start(str(tmp_path / "first.keras"), tiny_dataset.emotions, run.start)
    config = replace(CYCLE, start=str(tmp_path / "second.keras"), learning_rate=1e-12)
    train_and_evaluate(config, run.path, data=tiny_dataset, quiet=True)
    [kernel, *_], [wanted, *_] = (
        load_model(path).get_weights() for path in (run.start, tmp_path / "second.keras")
    )
    assert np.array_equal(kernel, wanted)
    assert str(tmp_path / "second.keras") in model_card(run.start)["note"]


def test_a_refused_teacher_leaves_no_start(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    save_model(create_model("tiny"), tmp_path / "start.keras")
    config = replace(CYCLE, start=str(tmp_path / "start.keras"), teacher=(str(tmp_path / "none"),))
    with pytest.raises(ModelError, match="There is no model"):
        train_and_evaluate(config, tmp_path / "run", data=tiny_dataset, quiet=True)
    assert list((tmp_path / "run").iterdir()) == []


def test_a_start_of_another_training_brings_no_extra_labels(
    tiny_dataset: FerDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ferkit.training.fit.fit", stopped)
    save_model(create_model("tiny"), tmp_path / "first.keras", card={"extra_labels": True})
    for start in (None, str(tmp_path / "first.keras")):
        run = RunFolder(tmp_path / f"run-{bool(start)}")
        run.path.mkdir()
        save_model(create_model("tiny"), run.start, card={"extra_labels": True})
        with pytest.raises(KeyboardInterrupt):
            fit_run(replace(CYCLE, start=start), run.path, data=tiny_dataset, quiet=True)
        assert run.extra_labels() is bool(start)


def test_a_fine_tuning_has_one_size_and_no_votes() -> None:
    with pytest.raises(UsageError, match="needs image_sizes=48 and votes_weight=0"):
        TrainConfig(start="small", image_sizes=(32, 48))
    assert (
        TrainConfig(start="small", optimizer="nesterov", image_sizes=(32, 48)).fine_tunes is False
    )
