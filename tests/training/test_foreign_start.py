"""Fine-tuning of models made by other programs."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from fine_tuning import SHORT

from ferkit.errors import ModelError
from ferkit.labels import EMOTIONS
from ferkit.models import load_model, model_card, save_model
from ferkit.training.finetune import finetune
from ferkit.training.start import write_start


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("shape", [(64, 64, 1), (40, 56, 3)])
def test_a_model_of_another_program_is_adapted(
    shape: tuple[int, int, int], own_faces: Path, tmp_path: Path
) -> None:
    """A model without ferkit's class names, of another size or in colour, is taken as one of seven
    classes; before and after adaptation it predicts the same.
    """
    layers = keras.layers
    keras.utils.set_random_seed(0)
    stack = [keras.Input(shape), layers.Rescaling(1 / 255), layers.Flatten()]
    other = keras.Sequential([*stack, layers.Dense(7, "softmax")])
    other.save(tmp_path / "other.keras")
    result = finetune(
        tmp_path / "other.keras", own_faces, tmp_path / "run", config=SHORT, quiet=True
    )
    assert model_card(result.folder)["emotions"] == ("happy", "gloomy", "startled")
    begun = load_model(result.folder / "start.keras")
    happy = EMOTIONS.index("happy")
    old, new = other.layers[-1].get_weights()[0], begun.layers[-1].get_weights()[0]
    assert np.array_equal(new[:, 0], old[:, happy])
    images = np.random.default_rng(0).integers(0, 256, (3, 48, 48, 1)).astype(np.float32)
    resized = keras.ops.image.resize(images, shape[:2], data_format="channels_last")
    scores = np.repeat(resized, shape[2], axis=-1).reshape(3, -1) / 255 @ old[:, happy]
    answers = np.asarray(begun.predict(images, verbose=0))
    assert np.log(answers[:, 0] / answers[:, 1]) == pytest.approx(scores, abs=1e-3)


def test_an_unsuitable_foreign_model_is_refused(own_faces: Path, tmp_path: Path) -> None:
    layers = keras.layers
    faces = keras.Input((48, 48, 1))
    odd = {
        "deep.keras": (
            [keras.Input((48, 48, 4)), layers.Flatten(), layers.Dense(7, "softmax")],
            r"takes \[\(None, 48, 48, 4\)\]; expected grey or RGB images",
        ),
        "maps.keras": (
            [faces, layers.Conv2D(7, 3, activation="softmax")],
            "expected one row of probabilities for each image",
        ),
        "sigmoid.keras": (
            [faces, layers.Flatten(), layers.Dense(7, "sigmoid")],
            r"ends in dense\w* \(Dense\).* a Dense layer and a softmax",
        ),
        "more.keras": (
            [faces, layers.Flatten(), layers.Dense(9, "softmax")],
            "has 9 outputs and does not say what they mean",
        ),
    }
    for name, (stack, message) in odd.items():
        keras.Sequential(stack).save(tmp_path / name)
        with pytest.raises(ModelError, match=f"{name} .*{message}"):
            finetune(
                tmp_path / name, own_faces, tmp_path / name.split(".")[0], config=SHORT, quiet=True
            )


@pytest.mark.parametrize("end", ["nothing", "activation", "layer"])
def test_a_softmax_may_be_a_separate_layer_or_missing(end: str, tmp_path: Path) -> None:
    layers = keras.layers
    ends = {
        "nothing": [],
        "activation": [layers.Activation("softmax")],
        "layer": [layers.Softmax()],
    }
    dense = layers.Dense(7)
    stack = [keras.Input((48, 48, 1)), layers.Rescaling(1 / 255), layers.Flatten(), dense]
    keras.Sequential([*stack, *ends[end]]).save(tmp_path / "other.keras")
    images = np.random.default_rng(0).integers(0, 256, (3, 48, 48, 1)).astype(np.float32)
    kernel = np.asarray(dense.get_weights()[0])
    for emotions in (EMOTIONS, ("sad", "happy")):
        write_start(str(tmp_path / "other.keras"), emotions, tmp_path / "start.keras")
        start = load_model(tmp_path / "start.keras")
        assert (start.layers[-1].units, start.layers[-1].dtype) == (len(emotions), "float32")
        scores = images.reshape(3, -1) / 255 @ kernel[:, [EMOTIONS.index(e) for e in emotions]]
        expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        assert np.asarray(start(images)) == pytest.approx(expected, abs=1e-5)


def test_a_ferkit_model_is_not_adapted(own_faces: Path, tmp_path: Path) -> None:
    """Its card is used, so an input of another size has no adapter."""
    layers = keras.layers
    wide = [keras.Input((64, 64, 1)), layers.Flatten(), layers.Dense(7, "softmax")]
    save_model(keras.Sequential(wide), tmp_path / "wide.keras", EMOTIONS)
    with pytest.raises(ModelError, match=r"wide\.keras takes images of shape \(64, 64, 1\)"):
        finetune(tmp_path / "wide.keras", own_faces, tmp_path / "run", config=SHORT, quiet=True)
