"""Fine-tuning: the head, frozen layers, errors, and a whole run."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from fine_tuning import OWN, SHORT
from stopped_runs import history_of, stop_after

from ferkit.data.dataset import FerDataset
from ferkit.data.load import load_fer2013
from ferkit.errors import DataError, ModelError, OutputError, UsageError
from ferkit.evaluation.evaluate import evaluate
from ferkit.files import read_json
from ferkit.labels import EMOTIONS
from ferkit.models import create_model, load_model, model_card, save_model
from ferkit.runs.folder import RunFolder
from ferkit.runs.reading import reading_options
from ferkit.training import TrainConfig, TrainingResult, fit_run
from ferkit.training.finetune import FINETUNE, finetune
from ferkit.training.start import with_classes
from ferkit.weights.named import architecture_name, named_model, run_of


@pytest.fixture(scope="module")
def finished(
    start: Path, own_faces: Path, tmp_path_factory: pytest.TempPathFactory
) -> TrainingResult:
    out = tmp_path_factory.mktemp("runs") / "mine"
    return finetune(start, own_faces, out, config=SHORT, quiet=True)


def test_a_run_folder_like_any_other_with_own_classes(
    finished: TrainingResult, start: Path
) -> None:
    config = read_json(finished.folder / "config.json")
    assert config["recipe"] == "finetune"
    assert config["model"] == "faces"
    assert config["start"] == str(start)
    assert config["data_summary"]["counts"]["train"] == {"happy": 5, "gloomy": 5, "startled": 5}
    assert model_card(finished.folder)["emotions"] == ("happy", "gloomy", "startled")
    assert set(finished.metrics["splits"]) == {"train", "validation", "test", "validation+test"}
    assert len(history_of(finished.folder)) == 2
    page = finished.report.read_text(encoding="utf-8")
    assert "startled" in page
    assert "21 of 21 images were made grey and 48x48" in page
    assert "knows happy; learns gloomy, startled from scratch; drops angry" in page


def test_extra_labels_are_inherited(finished: TrainingResult) -> None:
    assert read_json(finished.folder / "config.json")["extra_labels"] is True
    assert finished.metrics["extra_labels"] is True
    assert model_card(finished.folder)["extra_labels"] is True


@pytest.mark.usefixtures("undrawn")
def test_the_run_is_evaluated_and_reported_like_any_other(
    finished: TrainingResult, own_faces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from ferkit.cli.main import main

    options = reading_options(RunFolder(finished.folder))
    assert (options["own_classes"], options["convert"], options["seed"]) == (True, True, 0)
    assert reading_options(run_of(finished.model)) == options
    with pytest.raises(SystemExit) as exit_:
        main(
            [
                "evaluate",
                str(finished.folder),
                "--data",
                str(own_faces),
                "--out",
                str(tmp_path / "e"),
            ]
        )
    assert exit_.value.code == 0, capsys.readouterr().err
    again = read_json(tmp_path / "e" / "metrics.json")["splits"]["test"]
    assert again["confusion_matrix"] == finished.metrics["splits"]["test"]["confusion_matrix"]


def test_the_run_becomes_an_onnx_file_with_its_own_classes(
    finished: TrainingResult, own_faces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from ferkit.cli.main import main
    from ferkit.inference.classifier import EmotionClassifier

    file = tmp_path / "mine.onnx"
    for command in (
        ["export", str(finished.folder), "--data", str(own_faces), "--out", str(file)],
        ["evaluate", str(file), "--data", str(own_faces), "--own-classes", "--convert", "--json"],
    ):
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_:
            main(command)
        told = capsys.readouterr()
        assert exit_.value.code == 0, told.err
    assert EmotionClassifier(file).emotions == ("happy", "gloomy", "startled")
    found = json.loads(told.out)["splits"]["test"]["confusion_matrix"]
    assert found == finished.metrics["splits"]["test"]["confusion_matrix"]


def test_known_classes_keep_their_weights_and_new_ones_start_at_zero(start: Path) -> None:
    model = load_model(start)
    kernel, bias = model.layers[-1].get_weights()
    adapted = with_classes(model, EMOTIONS, ("bored", "happy", "angry"))
    new_kernel, new_bias = adapted.layers[-1].get_weights()
    for column, name in enumerate(("bored", "happy", "angry")):
        old = EMOTIONS.index(name) if name in EMOTIONS else None
        assert np.array_equal(
            new_kernel[:, column], 0 * kernel[:, 0] if old is None else kernel[:, old]
        )
        assert new_bias[column] == (0 if old is None else bias[old])
    images = np.random.default_rng(0).integers(0, 256, (5, 48, 48, 1)).astype(np.float32)
    before, after = (np.asarray(m.predict(images, verbose=0)) for m in (model, adapted))
    # Happy against angry is judged as before.
    assert np.allclose(after[:, 1] / after[:, 2], before[:, 3] / before[:, 0], rtol=1e-4)


def body_of(model: keras.Model) -> dict[str, np.ndarray]:
    return {
        variable.path: np.asarray(variable)
        for layer in model.layers[:-1]
        for variable in layer.weights
        if "seed" not in variable.path
    }


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("head_epochs", [2, 1])
def test_the_body_is_frozen_at_first_and_its_normalisation_always(
    head_epochs: int, own_faces: Path, tmp_path: Path
) -> None:
    keras.utils.set_random_seed(0)
    start = tmp_path / "faces.keras"
    save_model(create_model("demo"), start, EMOTIONS)  # large enough to learn in two epochs
    config = replace(SHORT, head_epochs=head_epochs, checkpoint_monitor="loss", learning_rate=1e-2)
    result = finetune(start, own_faces, tmp_path / "run", config=config, quiet=True)
    before, after = body_of(load_model(start)), body_of(load_model(result.folder))
    rows = history_of(result.folder)
    kept_last = float(rows[1]["loss"]) < float(rows[0]["loss"])
    assert kept_last, "the best epoch must be the second for this test to say something"
    for (path, old), new in zip(before.items(), after.values(), strict=True):
        rested = head_epochs == 2 or "batch_norm" in path
        assert np.array_equal(old, new) == rested, path
    head = load_model(result.folder).layers[-1].get_weights()[0]
    assert np.abs(head).max() > 0


def test_the_body_learns_at_a_fraction_of_the_rate() -> None:
    from ferkit.training.optimizers.head_first_adam import HeadFirstAdam

    body, head = keras.Variable([1.0]), keras.Variable([1.0])
    optimizer = HeadFirstAdam(0.1)
    optimizer.set_head([body, head], [head])
    for factor, step in ((0.0, 0.0), (0.25, 0.025), (1.0, 0.1)):
        was = float(body.numpy()[0])
        optimizer.body_factor.assign(factor)
        optimizer.apply([keras.ops.ones(1), keras.ops.ones(1)], [body, head])
        assert was - float(body.numpy()[0]) == pytest.approx(step, abs=1e-5)
    assert float(head.numpy()[0]) == pytest.approx(0.7, abs=1e-5)


@pytest.mark.usefixtures("undrawn")
def test_the_same_classes_keep_the_whole_head(
    start: Path, faces_folder: Path, tmp_path: Path
) -> None:
    config = replace(SHORT, epochs=1)
    result = finetune(start, faces_folder, tmp_path / "run", config=config, quiet=True)
    assert model_card(result.folder)["emotions"] == EMOTIONS
    begun = load_model(result.folder / "start.keras")
    for old, new in zip(load_model(start).get_weights(), begun.get_weights(), strict=True):
        assert np.array_equal(old, new)
    assert (
        "which has the same classes"
        in read_json(result.folder / "config.json")["data_summary"]["notes"][-1]
    )


@pytest.mark.usefixtures("undrawn")
@pytest.mark.slow
def test_it_learns_from_a_few_images(
    make_patterns: Callable[..., FerDataset], write_images: Callable[..., Path], tmp_path: Path
) -> None:
    """A model of seven patterns, named like the emotions, learns three own classes from ten images
    of each.
    """
    seven = make_patterns({"train": 20, "validation": 4, "test": 1})
    config = TrainConfig(
        model="demo",
        epochs=6,
        batch_size=20,
        optimizer="nesterov",
        learning_rate=0.05,
        augment="none",
        precision="float32",
        tensorboard=False,
    )
    trained = fit_run(config, tmp_path / "seven", data=seven, quiet=True).run.path
    drawn = write_images(make_patterns({"train": 14}, seed=1), tmp_path / "drawn") / "train"
    for emotion, name in OWN.items():
        (tmp_path / "few" / name).parent.mkdir(exist_ok=True)
        (drawn / emotion).rename(tmp_path / "few" / name)
    config = replace(FINETUNE, epochs=25, augment="none", tensorboard=False)
    result = finetune(trained, tmp_path / "few", tmp_path / "own", config=config, quiet=True)
    begun = load_model(result.folder / "start.keras")
    begun.emotions = ("happy", "gloomy", "startled")
    data = load_fer2013(tmp_path / "few", own_classes=True)
    first = evaluate(begun, data, splits=["validation+test"])["splits"]["validation+test"]
    learned = result.metrics["splits"]["validation+test"]
    assert first["accuracy"] < 0.7 < 0.9 < learned["accuracy"]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"model": "runs/none"}, ModelError, "There is no model runs/none: no such file"),
        ({"model": "faces.onnx"}, ModelError, "There is no model faces.onnx"),
        ({"data": "none"}, DataError, "There is no file or folder none"),
        (
            {"set": {"optimizer": "nesterov", "plateau_factor": "1", "head_epochs": "0"}},
            UsageError,
            "Fine-tuning needs optimizer=adam, not nesterov; to train the whole",
        ),
        (
            {"set": {"optimizer": "muon"}},
            UsageError,
            r"Fine-tuning \(head_epochs\) needs optimizer=adam, not muon; to train the whole",
        ),
        ({"set": {"image_sizes": "32-48"}}, UsageError, "image_sizes=48"),
    ],
)
def test_wrong_use_is_one_sentence(
    change: dict[str, object],
    error: type[Exception],
    message: str,
    start: Path,
    own_faces: Path,
    tmp_path: Path,
) -> None:
    model, data = str(change.get("model", start)), str(change.get("data", own_faces))
    settings = change.get("set", {})
    assert isinstance(settings, dict)

    def tune() -> None:
        config = SHORT.with_settings(settings)
        finetune(model, data, tmp_path / "run", config=config, quiet=True)

    with pytest.raises(error, match=message) as caught:
        tune()
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run" / "config.json").exists()


@pytest.mark.parametrize(
    ("keep", "message"),
    [
        ({"happy": 9}, "images of one class alone"),
        ({"happy": 9, "gloomy": 2}, "'gloomy' has 2 images .* each class needs 3 or more"),
        ({}, "holds no usable image"),
    ],
)
def test_too_few_images_are_refused(
    keep: dict[str, int], message: str, start: Path, own_faces: Path, tmp_path: Path
) -> None:
    (tmp_path / "few").mkdir()
    for name, count in keep.items():
        shutil.copytree(own_faces / name, tmp_path / "few" / name)
        for file in sorted((tmp_path / "few" / name).iterdir())[count:]:
            file.unlink()
    with pytest.raises(DataError, match=message):
        finetune(start, tmp_path / "few", tmp_path / "run", config=SHORT, quiet=True)


def test_a_class_only_in_test_is_refused(
    start: Path,
    make_patterns: Callable[..., FerDataset],
    write_images: Callable[..., Path],
    tmp_path: Path,
) -> None:
    folder = write_images(
        make_patterns({"train": 3, "validation": 1, "test": 1}), tmp_path / "data"
    )
    shutil.rmtree(folder / "train" / "fear")
    with pytest.raises(DataError, match="'fear' has no image in train"):
        finetune(start, folder, tmp_path / "run", config=SHORT, quiet=True)


def test_a_folder_with_a_run_or_other_settings_is_refused(
    finished: TrainingResult, start: Path, own_faces: Path
) -> None:
    with pytest.raises(OutputError, match="already holds a run"):
        finetune(start, own_faces, finished.folder, config=SHORT, quiet=True)
    with pytest.raises(UsageError, match="other settings: seed"):
        finetune(start, own_faces, finished.folder, config=replace(SHORT, seed=9), resume=True)


def test_resume_with_other_classes_is_refused(
    finished: TrainingResult, start: Path, own_faces: Path, tmp_path: Path
) -> None:
    run = shutil.copytree(finished.folder, tmp_path / "run")
    faces = shutil.copytree(own_faces, tmp_path / "faces")
    (faces / "gloomy").rename(faces / "grim")
    with pytest.raises(DataError, match="was begun with the classes happy, gloomy, startled, but"):
        finetune(start, faces, run, config=SHORT, resume=True, quiet=True)


def test_a_start_may_be_a_name_a_file_or_a_folder(tmp_path: Path, finished: TrainingResult) -> None:
    assert architecture_name(finished.folder) == "faces"
    assert architecture_name(tmp_path / "my.keras") == "my"
    assert architecture_name(tmp_path / "run7" / "model.keras") == "run7"
    assert named_model(finished.folder).keras == finished.model


@pytest.mark.usefixtures("undrawn")
@pytest.mark.slow
def test_a_killed_and_resumed_run_ends_like_an_uninterrupted_one(
    start: Path, own_faces: Path, tmp_path: Path
) -> None:
    more = ["--epochs", "8", "--set", "head_epochs=2", "--set", "tensorboard=false", "--quiet"]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    typed = ["finetune", str(start), "--data", str(own_faces), *more, "--out", str(killed)]
    config = replace(FINETUNE, epochs=8, head_epochs=2, tensorboard=False)
    finetune(start, own_faces, whole, config=config, quiet=True)
    assert stop_after(1, signal.SIGKILL, typed, killed) == -signal.SIGKILL
    assert 1 <= len(history_of(killed)) < 8
    finetune(start, own_faces, killed, config=config, resume=True, quiet=True)
    assert history_of(killed) == history_of(whole)
