"""A common interface for models of any kind: one row of probabilities per image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np

from ferkit.data.convention import Convention
from ferkit.errors import DataError, ModelError, UsageError
from ferkit.inference.classifier import EmotionClassifier
from ferkit.labels import EMOTIONS
from ferkit.metrics.checks import checked_probabilities
from ferkit.weights.named import as_named


class Predictor(Protocol):
    """The interface of a model for `evaluate`, with any runtime.

    Attributes:
        emotions: Names of the classes, in the order of the columns.
    """

    @property
    def emotions(self) -> Sequence[str]:
        """Names of the classes, in the order of the columns."""

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Map uint8 `(n, 48, 48, 1)` raw grey pixels to probabilities `(n, c)`."""


@dataclass(frozen=True)
class KerasPredictor:
    """A Keras model as a `Predictor`.

    Attributes:
        model: A Keras model that takes raw 0..255 grey pixels `(n, 48, 48, 1)`.
        emotions: Names of its classes.
        batch_size: Images per step. Defaults to 256.
    """

    model: Any
    emotions: tuple[str, ...]
    batch_size: int = 256

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Map uint8 `(n, 48, 48, 1)` raw grey pixels to probabilities `(n, c)`."""
        from ferkit.backend.feeding import predict

        return predict(self.model, images, self.batch_size)


def as_predictor(
    model: Any,
    *,
    batch_size: int = 256,
    class_names: Sequence[str] | None = None,
    pixels: str | None = None,
    emotions: Sequence[str] = (),
) -> Predictor:
    """Return a `Predictor` for any kind of model.

    Args:
        model: The name of a shipped model or the path of an `.onnx` file (both run on ONNX Runtime,
            without Keras), a run folder, the path of a `.keras` file, a Keras model (its classes
            are the seven emotions of FER-2013 unless it has an attribute `emotions`), or any object
            with `emotions` and `predict(images)`.
        batch_size: Images per step. Defaults to 256.
        class_names: The classes of a file or Keras model from another program, in the order of its
            outputs. Defaults to the seven emotions in FER-2013's order.
        pixels: Pixel range of such a model: `"0-255"`, `"0-1"` or `"-1-1"`. Defaults to `"0-255"`.
        emotions: Classes of the data. A model that knows more than the seven emotions, such as
            contempt, returns all its classes if the data has them. Defaults to none.

    Returns:
        An object with `emotions` and `predict`.

    Raises:
        ModelError: There is no model at the path.
        MissingDependencyError: The model needs Keras, which is not installed.
        UsageError: `model` is none of the above.
    """
    convention = Convention.of(class_names, pixels)
    if named := as_named(model):
        if named.kind == "onnx":
            return _classifier(
                model, emotions, batch_size=batch_size, class_names=class_names, pixels=pixels
            )
        if named.runs_on_onnx:
            convention.refuse(named.name)
            return _classifier(model, emotions, batch_size=batch_size)
        from ferkit.models import load_model, model_card
        from ferkit.models.foreign.adopt import adopted_file

        file = adopted_file(named, convention)
        return KerasPredictor(load_model(file), tuple(model_card(file)["emotions"]), batch_size)
    if _is_keras(model):
        return KerasPredictor(*_in_memory(model, convention), batch_size)
    if hasattr(model, "predict") and hasattr(model, "emotions"):
        return cast(Predictor, model)
    raise UsageError(
        "Expected the name of a shipped model, an .onnx or .keras file, a run folder, a Keras "
        "model "
        f"or an object with 'emotions' and 'predict', got {type(model).__name__}; "
        "train one with: ferkit train"
    )


def _classifier(model: Any, emotions: Sequence[str], **options: Any) -> EmotionClassifier:
    usual = EmotionClassifier(model, **options)
    if set(emotions) <= set(usual.emotions):
        return usual
    return EmotionClassifier(model, **options, classes=len(usual.known))


def predict_probabilities(predictor: Predictor, images: np.ndarray) -> np.ndarray:
    """Predict `images`, and check the result.

    Args:
        predictor: See `Predictor`.
        images: uint8 `(n, 48, 48, 1)`, raw grey pixels 0..255.

    Returns:
        float64 `(n, c)`, rows that sum to 1.

    Raises:
        ModelError: The model returns anything but one distribution over its classes per image.
    """
    raw = np.asarray(predictor.predict(images))
    expected = (len(images), len(predictor.emotions))
    if raw.shape != expected:
        raise ModelError(
            f"Expected probabilities of shape {expected} (one per class of "
            f"{', '.join(predictor.emotions)}), the model returned {raw.shape}; "
            "check its last layer and its class names."
        )
    try:
        return checked_probabilities(raw)
    except DataError as error:
        raise ModelError(f"The model did not return probabilities: {error}") from error


def labels_for(
    labels: np.ndarray, data_emotions: Sequence[str], model_emotions: Sequence[str]
) -> np.ndarray:
    """Translate label indices from the data's class order to the model's, by name.

    Args:
        labels: Integer `(n,)`, index into `data_emotions`.
        data_emotions: Class names of the data.
        model_emotions: Class names of the model; may have more (contempt, for example).

    Returns:
        int64 `(n,)`, index into `model_emotions`.

    Raises:
        DataError: An image has a label that the model does not know.
    """
    position = {name: i for i, name in enumerate(model_emotions)}
    lookup = np.array([position.get(name, -1) for name in data_emotions], dtype=np.int64)
    translated = lookup[np.asarray(labels, dtype=np.int64)]
    if (translated < 0).any():
        unknown = sorted({data_emotions[i] for i in np.unique(labels[translated < 0])})
        raise DataError(
            f"The data has labels that the model does not know: {', '.join(unknown)}; "
            f"the model knows {', '.join(model_emotions)}."
        )
    return translated


def _in_memory(model: Any, convention: Convention) -> tuple[Any, tuple[str, ...]]:
    """Return a Keras model for grey faces, with an adapter if necessary, and its classes."""
    from ferkit.models.foreign.keras_adapter import adapt, takes_faces

    if takes_faces(model) and not convention.is_stated:
        return model, tuple(getattr(model, "emotions", EMOTIONS))
    return adapt(model, convention, model.name)


def _is_keras(model: Any) -> bool:
    # Compares names, in order not to import Keras for models of other runtimes.
    return any(
        base.__module__.split(".")[0] == "keras" and base.__name__ == "Model"
        for base in type(model).__mro__
    )
