"""The trained model that a fine-tuning begins with, its head made to fit the classes at hand."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ferkit.errors import ModelError
from ferkit.models.checkpoint import load_model, model_card, save_model
from ferkit.runs.folder import RunFolder
from ferkit.weights import is_shipped, keras_file, shipped_models

if TYPE_CHECKING:
    import keras
    import numpy as np


def start_file(start: str | os.PathLike[str]) -> Path:
    """Return the `.keras` file that `start` means.

    Args:
        start: The name of a shipped model, a run folder, or a `.keras` file.

    Raises:
        ModelError: It is none of these, or it has no Keras model to train.
    """
    if is_shipped(start):
        return keras_file(str(start))
    path = Path(start).expanduser()
    if path.suffix.lower() in (".onnx", ".tflite"):
        raise ModelError(
            f"{path} cannot be trained on, as it has weights for inference alone; give the run "
            "folder or .keras file that "
            "it was exported from."
        )
    file = RunFolder(path).model if path.is_dir() else path
    if not file.is_file():
        names = ", ".join(shipped_models()) or "none in this installation"
        raise ModelError(
            f"There is no model {start}; give a shipped one ({names}), a run folder or a .keras "
            "file."
        )
    return file


def start_name(start: str | os.PathLike[str]) -> str:
    """Return what to call the model that `start` means: its architecture where that is known."""
    if is_shipped(start):
        return str(start)
    known = RunFolder(start).facts().get("model")
    if isinstance(known, str):
        return known
    run, path = RunFolder.of(start), Path(os.path.abspath(start))
    return run.path.name if path == run.model else path.stem


def write_start(start: str, emotions: Sequence[str], path: Path) -> None:
    """Write the model that `start` means to `path`, with the classes `emotions`.

    Weights of classes that it knows by name stay as they are; those of new classes begin at
    nothing.

    Raises:
        ModelError: There is no such model, or it is not one of 48x48 grey faces that ends in class
            probabilities.
        OutputError: `path` cannot be written.
    """
    file = start_file(start)
    card, model = model_card(file), load_model(file)
    known = tuple(card["emotions"])
    _check(file, model, known)
    if known != tuple(emotions):
        model = with_classes(model, known, emotions)
    facts = {
        "extra_labels": bool(card.get("extra_labels", False)),
        "note": _note(start, known, emotions),
    }
    save_model(model, path, tuple(emotions), facts)


def with_classes(model: keras.Model, known: Sequence[str], emotions: Sequence[str]) -> keras.Model:
    """Return `model` with a head for `emotions` in place of the one for `known`.

    Args:
        model: A Keras model that ends in a Dense layer with softmax.
        known: The names of its outputs.
        emotions: The names that the new model's outputs shall have. One that is among `known` gets
            that one's weights, the others get weights of 0.
    """
    import keras
    import numpy as np

    last = model.layers[-1]
    head = keras.layers.Dense(
        len(emotions), activation="softmax", dtype="float32", name="own_classes"
    )
    adapted = keras.Model(model.inputs[0], head(last.input), name=model.name)

    def columns(weights: np.ndarray) -> np.ndarray:
        none = np.zeros(weights.shape[:-1], weights.dtype)
        found = [weights[..., known.index(e)] if e in known else none for e in emotions]
        return np.stack(found, axis=-1)

    old = [np.asarray(weight) for weight in last.get_weights()]
    bias = old[1] if last.use_bias else np.zeros(len(known), np.float32)
    head.set_weights([columns(old[0]), columns(bias)])
    return adapted


def starting_model(path: Path) -> keras.Model:
    """Return the model that `write_start` wrote, with its BatchNormalization at rest.

    The averages come from many thousands of faces. A few own ones would spoil them.
    """
    import keras

    model = load_model(path)
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    return model


def _check(file: Path, model: Any, known: tuple[str, ...]) -> None:
    shape = tuple(model.inputs[0].shape[1:])
    if shape not in ((48, 48, 1), (None, None, 1)) or len(model.inputs) != 1:
        raise ModelError(
            f"{file} takes images of shape {shape}; fine-tuning needs a model of raw grey pixels, "
            "(48, 48, 1)."
        )
    last = model.layers[-1]
    if type(last).__name__ != "Dense" or last.activation.__name__ != "softmax":
        raise ModelError(
            f"{file} ends in {type(last).__name__}; fine-tuning needs a model that ends in a Dense "
            "layer with softmax."
        )
    if last.units != len(known):
        raise ModelError(
            f"{file} has {last.units} outputs but names {len(known)} classes ({', '.join(known)}); "
            "save it with ferkit.models.save_model and the names of its outputs."
        )


def _note(start: str, known: Sequence[str], emotions: Sequence[str]) -> str:
    kept = [name for name in emotions if name in known]
    new = [name for name in emotions if name not in known]
    gone = [name for name in known if name not in emotions]
    begins = f"Training begins with {start}"
    if not (new or gone):
        return f"{begins}, whose classes are these."
    parts = [
        f"knows {', '.join(kept)}" if kept else "knows none of these classes",
        f"learns {', '.join(new)} from nothing" if new else "",
        f"forgets {', '.join(gone)}" if gone else "",
    ]
    return f"{begins}, which {'; '.join(part for part in parts if part)}."
