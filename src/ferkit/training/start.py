"""The initial model of a fine-tuning, with a head for the classes of the data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ferkit.data.convention import Convention
from ferkit.errors import ModelError
from ferkit.models.checkpoint import load_model, model_card, save_model
from ferkit.models.foreign.adopt import adopted_file
from ferkit.weights.named import named_model

if TYPE_CHECKING:
    import keras
    import numpy as np


def write_start(
    start: str,
    emotions: Sequence[str],
    path: Path,
    convention: Convention | None = None,
) -> None:
    """Write the model that `start` names to `path`, with the classes `emotions`.

    Classes that the model knows by name keep their weights; new classes start at zero.

    Args:
        start: Name of a shipped model, a run folder, or a `.keras` file.
        emotions: Names of the classes.
        path: The `.keras` file to write.
        convention: Classes and pixels of a model from another program. Defaults to None.

    Raises:
        ModelError: There is no such model, or it is not one of 48x48 grey faces that ends in class
            probabilities.
        OutputError: `path` cannot be written.
    """
    file = adopted_file(named_model(start), convention or Convention())
    card, model = model_card(file), load_model(file)
    known = tuple(card["emotions"])
    _check(start, model, known)
    if known != tuple(emotions) or not _is_head(model.layers[-1]):
        model = with_classes(model, known, emotions)
    facts = {
        "extra_labels": bool(card.get("extra_labels", False)),
        "note": _note(start, known, emotions),
    }
    save_model(model, path, tuple(emotions), facts)


def with_classes(model: keras.Model, known: Sequence[str], emotions: Sequence[str]) -> keras.Model:
    """Return `model` with a head for `emotions` instead of the one for `known`.

    Args:
        model: A Keras model that ends in a Dense layer with softmax, in one or two layers.
        known: The names of its outputs.
        emotions: The names of the new outputs. Those among `known` keep their weights, the others
            get weights of 0.
    """
    import keras
    import numpy as np

    last = _last_dense(model)
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
    """Return the model that `write_start` wrote, with BatchNormalization frozen.

    Its averages come from many thousands of faces, and a few new images would spoil them.
    """
    import keras

    model = load_model(path)
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    return model


def _last_dense(model: keras.Model) -> Any:
    """Return the last Dense layer, with its softmax inside, in the next layer, or missing; None
    if the model ends in another way.
    """
    last = model.layers[-1]
    if type(last).__name__ == "Softmax" or _activation(last) == "softmax":
        if type(last).__name__ == "Dense":
            return last
        last = last.input._keras_history.operation
    return last if type(last).__name__ == "Dense" and _activation(last) == "linear" else None


def _is_head(layer: Any) -> bool:
    return type(layer).__name__ == "Dense" and _activation(layer) == "softmax"


def _activation(layer: Any) -> str:
    return str(getattr(getattr(layer, "activation", None), "__name__", ""))


def _check(start: str, model: Any, known: tuple[str, ...]) -> None:
    shape = tuple(model.inputs[0].shape[1:])
    if shape not in ((48, 48, 1), (None, None, 1)) or len(model.inputs) != 1:
        raise ModelError(
            f"{start} takes images of shape {shape}; fine-tuning needs a model of raw grey pixels, "
            "(48, 48, 1)."
        )
    last = _last_dense(model)
    if last is None:
        raise ModelError(
            f"{start} ends in {model.layers[-1].name} ({type(model.layers[-1]).__name__}); "
            "fine-tuning needs a model that ends in a Dense layer and a softmax."
        )
    if last.units != len(known):
        raise ModelError(
            f"{start} has {last.units} outputs but names {len(known)} classes "
            f"({', '.join(known)}); save it with ferkit.models.save_model and the names of its "
            "outputs."
        )


def _note(start: str, known: Sequence[str], emotions: Sequence[str]) -> str:
    kept = [name for name in emotions if name in known]
    new = [name for name in emotions if name not in known]
    gone = [name for name in known if name not in emotions]
    begins = f"Training begins with {start}"
    if not (new or gone):
        return f"{begins}, which has the same classes."
    parts = [
        f"knows {', '.join(kept)}" if kept else "knows none of these classes",
        f"learns {', '.join(new)} from scratch" if new else "",
        f"drops {', '.join(gone)}" if gone else "",
    ]
    return f"{begins}, which {'; '.join(part for part in parts if part)}."
