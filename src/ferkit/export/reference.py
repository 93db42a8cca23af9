"""A model in float32 with a calibration, to compare an exported file with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from ferkit.data.dataset import FerDataset
from ferkit.errors import ModelError
from ferkit.evaluation.predictors import Predictor, labels_for, predict_probabilities
from ferkit.metrics.abstaining import uncertainty_threshold
from ferkit.metrics.calibration import KEPT_SHARE, PLAIN, Calibration, fit_calibration

Inner = TypeVar("Inner", bound=Predictor)


@dataclass(frozen=True, eq=False)
class Calibrated(Generic[Inner]):
    """A model whose probabilities are calibrated.

    Attributes:
        inner: The predictor.
        calibration: Calibration of its probabilities. Defaults to none.
    """

    inner: Inner
    calibration: Calibration = PLAIN

    @property
    def emotions(self) -> tuple[str, ...]:
        """Names of the classes."""
        return tuple(self.inner.emotions)

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the calibrated probabilities of raw grey pixels."""
        return self.calibration.apply(self.inner.predict(images))


def calibrated_on(inner: Inner, data: FerDataset) -> tuple[Calibrated[Inner], float]:
    """Return a predictor with the calibration that is fitted on validation, and the confidence
    below which its answers are uncertain.

    Raises:
        DataError: `data` has no validation split, or labels that the model does not know.
        ModelError: The model does not return probabilities.
    """
    split = data.split("validation")
    truth = labels_for(split.labels, data.emotions, inner.emotions)
    rows = predict_probabilities(inner, split.images)
    calibration = fit_calibration(truth, rows)
    below = uncertainty_threshold(truth, calibration.apply(rows))
    return Calibrated(inner, calibration), below


def float32_copy(model: Any) -> Any:
    """Return a copy of a Keras model that computes in float32, whatever its precision."""
    import keras

    def plain(layer: Any) -> Any:
        config = layer.get_config()
        if "dtype" in config:
            config["dtype"] = "float32"
        return type(layer).from_config(config)

    copy = keras.models.clone_model(model, clone_function=plain)
    copy.set_weights(model.get_weights())
    return copy


def in_float32(model: Any) -> Any:
    """Return a Keras model itself if it computes in float32 throughout, else a copy that does."""
    layers = model._flatten_layers()
    if all(layer.dtype_policy.compute_dtype == "float32" for layer in layers):
        return model
    return float32_copy(model)


def with_calibration(model: Any, calibration: Calibration) -> Any:
    """Return a float32 copy of a Keras model with a calibration inside.

    Raises:
        ModelError: The model does not end in a dense layer with a softmax.
    """
    import keras
    from keras import ops

    copy = float32_copy(model)
    last = next((layer for layer in reversed(copy.layers) if layer.weights), None)
    if not isinstance(last, keras.layers.Dense) or not _ends_in_softmax(copy):
        raise ModelError(
            f"{model.name} does not end in a dense layer with a softmax, so it has no logits to "
            "calibrate; export it with a temperature of 1."
        )
    if not calibration.smoothing:
        for weight in last.weights:
            weight.assign(weight / calibration.temperature)
        return copy
    (rows,) = copy.outputs
    lowered = ops.maximum(rows - calibration.smoothing / rows.shape[-1], KEPT_SHARE * rows)
    logits = ops.log(ops.maximum(lowered, 1e-30)) / calibration.temperature
    return keras.Model(copy.inputs, ops.softmax(logits), name=model.name)


def _ends_in_softmax(model: Any) -> bool:
    import keras

    last = model.layers[-1]
    return isinstance(last, keras.layers.Softmax) or (
        getattr(getattr(last, "activation", None), "__name__", "") == "softmax"
    )
