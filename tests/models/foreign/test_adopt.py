"""Keras files made by other programs: adapted inputs and logged assumptions."""

from __future__ import annotations

from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from ferkit.data.convention import Convention, _said
from ferkit.data.dataset import FerDataset
from ferkit.errors import ModelError, UsageError
from ferkit.evaluation.evaluate import evaluate
from ferkit.evaluation.predictors import as_predictor
from ferkit.export.cached import exported_file
from ferkit.inference.classifier import EmotionClassifier
from ferkit.labels import EMOTIONS
from ferkit.models import create_model, load_model, model_card, save_model
from ferkit.models.foreign.adopt import adopted_file
from ferkit.runs.folder import RunFolder
from ferkit.training.start import write_start
from ferkit.weights.named import named_model

ALPHABETICAL = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FERKIT_CACHE", str(tmp_path / "cache"))
    _said.clear()


def small_network(side: int, channels: int, *, last: str = "softmax") -> keras.Model:
    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [
            keras.Input((side, side, channels)),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(7, activation=last),
        ]
    )


def faces(count: int = 5) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, 48, 48, 1)).astype(np.uint8)


def by_hand(model: keras.Model, images: np.ndarray, factor: float, offset: float) -> np.ndarray:
    height, width, channels = model.inputs[0].shape[1:]
    resized = [cv2.resize(image.astype(np.float32), (width, height)) for image in images]
    pixels = np.stack(resized)[..., np.newaxis] * factor + offset
    return np.asarray(model(np.repeat(pixels, channels, axis=3), training=False))


@pytest.mark.parametrize("ending", ["h5", "hdf5", "keras"])
def test_another_size_and_rgb(
    ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = small_network(64, 3)
    model.save(tmp_path / f"theirs.{ending}")
    file = tmp_path / f"theirs.{ending}"
    predictor = as_predictor(file, class_names=ALPHABETICAL, pixels="0-1")
    assert predictor.emotions == ALPHABETICAL
    wanted = by_hand(model, faces(), 1 / 255, 0)
    np.testing.assert_allclose(predictor.predict(faces()), wanted, atol=1e-5)
    said = f"ferkit: {file} was not made by ferkit: each face is resized to 64x64, repeated in 3"
    assert capsys.readouterr().err == f"{said} channels\n"


def test_the_precision_of_a_training_is_not_kept_in_an_adapted_file(tmp_path: Path) -> None:
    model, file = small_network(48, 3, last="linear"), tmp_path / "theirs.keras"
    model.save(file)
    keras.config.set_dtype_policy("mixed_bfloat16")
    rows = as_predictor(file, pixels="0-1").predict(faces())
    wanted = keras.ops.softmax(by_hand(model, faces(), 1 / 255, 0))
    np.testing.assert_allclose(rows, wanted, atol=1e-5)


def test_the_exported_file_agrees(tmp_path: Path) -> None:
    model = small_network(40, 3)
    model.save(tmp_path / "theirs.h5")
    out = exported_file(tmp_path / "theirs.h5", class_names=ALPHABETICAL, pixels="-1-1")
    classifier = EmotionClassifier(out)
    assert (classifier.emotions, classifier.name) == (ALPHABETICAL, "theirs")
    wanted = by_hand(model, faces(), 1 / 127.5, -1)
    np.testing.assert_allclose(classifier.predict(faces()), wanted, atol=1e-5)


def test_an_assumption_is_logged_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small_network(48, 1).save(tmp_path / "theirs.keras")
    for _ in range(2):
        as_predictor(tmp_path / "theirs.keras")
    assert capsys.readouterr().err == (
        f"ferkit: {tmp_path / 'theirs.keras'} was not made by ferkit: assuming that the classes "
        f"are {', '.join(EMOTIONS)}, in this order and that pixels are 0-255 (class_names and "
        "pixels say otherwise)\n"
    )


def test_logits_get_a_softmax(tmp_path: Path) -> None:
    small_network(48, 1, last="linear").save(tmp_path / "logits.h5")
    rows = as_predictor(tmp_path / "logits.h5").predict(faces())
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-5)


def test_a_wrong_order_is_named(make_patterns: object, tmp_path: Path) -> None:
    data: FerDataset = make_patterns({"test": 40})  # type: ignore[operator]
    position = [ALPHABETICAL.index(name) for name in EMOTIONS]

    class Alphabetical:
        emotions = EMOTIONS  # as one who does not know would say

        def predict(self, images: np.ndarray) -> np.ndarray:
            return np.eye(7)[[position[label] for label in data.labels]]

    entry = evaluate(Alphabetical(), data)["splits"]["test"]
    assert tuple(entry["likely_order"]) == ALPHABETICAL
    Alphabetical.emotions = ALPHABETICAL
    entry = evaluate(Alphabetical(), data)["splits"]["test"]
    assert entry["accuracy"] == 1
    assert "likely_order" not in entry


def test_a_training_begins_with_the_stated_classes(tmp_path: Path) -> None:
    small_network(64, 1).save(tmp_path / "theirs.h5")
    start = RunFolder(tmp_path / "run").start
    write_start(
        str(tmp_path / "theirs.h5"), ("sad", "mine"), start, Convention(ALPHABETICAL, "0-1")
    )
    card = model_card(start)
    assert card["emotions"] == ("sad", "mine")
    assert "knows sad; learns mine from scratch; drops angry" in card["note"]
    theirs = load_model(tmp_path / "theirs.h5").layers[-1].get_weights()[0]
    kernel = load_model(start).layers[-1].get_weights()[0]
    np.testing.assert_array_equal(kernel[:, 0], theirs[:, ALPHABETICAL.index("sad")])
    np.testing.assert_array_equal(kernel[:, 1], 0)


def test_a_ferkit_file_needs_no_statements(tmp_path: Path) -> None:
    save_model(create_model("demo"), tmp_path / "ours.keras")
    named = named_model(tmp_path / "ours.keras")
    assert adopted_file(named, Convention()) == tmp_path / "ours.keras"
    for model in (tmp_path / "ours.keras", "small"):
        with pytest.raises(UsageError, match="says itself which classes and pixels it takes"):
            as_predictor(model, pixels="0-1")


@pytest.mark.parametrize(
    ("class_names", "pixels", "error", "words"),
    [
        (("a", "b"), None, ModelError, "has 7 outputs, but class_names are 2: a, b"),
        (("a",) * 7, None, UsageError, "class_names must name each class once"),
        (None, "0-2", UsageError, "pixels must be one of 0-255, 0-1, -1-1, not '0-2'"),
    ],
)
def test_what_does_not_fit_is_refused(
    class_names: tuple[str, ...] | None,
    pixels: str | None,
    error: type[Exception],
    words: str,
    tmp_path: Path,
) -> None:
    small_network(48, 1).save(tmp_path / "theirs.h5")
    with pytest.raises(error, match=words):
        as_predictor(tmp_path / "theirs.h5", class_names=class_names, pixels=pixels)


def test_other_inputs_and_outputs_are_refused(tmp_path: Path) -> None:
    keras.Sequential([keras.Input((9,)), keras.layers.Dense(7)]).save(tmp_path / "table.h5")
    with pytest.raises(ModelError, match="expected grey or RGB images with the channels last"):
        as_predictor(tmp_path / "table.h5")
    flat = keras.Sequential([keras.Input((48, 48, 1)), keras.layers.Conv2D(7, 3)])
    flat.save(tmp_path / "map.h5")
    with pytest.raises(ModelError, match="expected one row of probabilities for each image"):
        as_predictor(tmp_path / "map.h5")
    (tmp_path / "bad.h5").write_bytes(b"no such thing")
    with pytest.raises(ModelError, match="is not a whole Keras model") as caught:
        as_predictor(tmp_path / "bad.h5")
    assert "\n" not in str(caught.value)
