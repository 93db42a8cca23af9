"""A Keras model in float32 with a temperature, to compare an exported file with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ferkit.errors import ModelError
from ferkit.evaluation.predict import KerasPredictor
from ferkit.evaluation.temperature import apply_temperature


@dataclass(frozen=True, eq=False)
class Tempered:
    """A predictor whose confidences are divided by a temperature.

    Attributes:
        inner: What predicts.
        temperature: What its logits are divided by.
    """

    inner: KerasPredictor
    temperature: float

    @property
    def emotions(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.inner.emotions

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Map raw grey pixels to probabilities."""
        return apply_temperature(self.inner.predict(images), self.temperature)


def float32_copy(model: Any) -> Any:
    """Return a copy of a Keras model that computes in float32 whatever it was trained in."""
    import keras

    def plain(layer: Any) -> Any:
        config = layer.get_config()
        if "dtype" in config:
            config["dtype"] = "float32"
        return type(layer).from_config(config)

    copy = keras.models.clone_model(model, clone_function=plain)
    copy.set_weights(model.get_weights())
    return copy


def with_temperature(model: Any, temperature: float) -> Any:
    """Return a float32 copy of a Keras model whose last dense layer is divided by `temperature`.

    Raises:
        ModelError: The model does not end in a dense layer with a softmax.
    """
    import keras

    copy = float32_copy(model)
    last = next((layer for layer in reversed(copy.layers) if layer.weights), None)
    if not isinstance(last, keras.layers.Dense) or not _ends_in_softmax(copy):
        raise ModelError(
            f"{model.name} does not end in a dense layer with a softmax, so it has no logits to "
            "divide; export it with a temperature of 1."
        )
    for weight in last.weights:
        weight.assign(weight / temperature)
    return copy


def _ends_in_softmax(model: Any) -> bool:
    import keras

    last = model.layers[-1]
    return isinstance(last, keras.layers.Softmax) or (
        getattr(getattr(last, "activation", None), "__name__", "") == "softmax"
    )
