"""BatchNormalization by TensorFlow's fused kernel, for training only."""

from __future__ import annotations

from typing import Any

import keras


class FusedBatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
    """Keras's BatchNormalization over channels, computed in one fused kernel on TensorFlow.

    Keras 3 composes it from single operations, which take a quarter of a cnn6 step on a CPU.
    Weights, names and order are those of the parent class, so weights can be exchanged; saved
    models contain the parent class.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalise `(n, h, w, c)`; outside training, call the parent class."""
        if not training or mask is not None:
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.cast(self.gamma, "float32"),
            offset=tf.cast(self.beta, "float32"),
            mean=tf.constant([], "float32"),
            variance=tf.constant([], "float32"),
            epsilon=self.epsilon,
            is_training=True,
        )
        # The kernel returns the unbiased variance; Keras averages the biased one.
        count = tf.cast(tf.size(inputs) / tf.shape(inputs)[-1], "float32")
        variance *= (count - 1) / count
        self._average(self.moving_mean, mean)
        self._average(self.moving_variance, variance)
        return outputs

    def _average(self, moving: Any, batch: Any) -> None:
        moving.assign(moving * self.momentum + batch * (1 - self.momentum))


def with_fused_norm(model: keras.Model) -> keras.Model:
    """Return `model` with fused BatchNormalization layers on TensorFlow; on other backends, `model`
    itself.

    Weights are copied. Layers are fused if they normalise the channels of `(n, h, w, c)` with scale
    and centre.
    """
    if keras.config.backend() != "tensorflow":
        return model

    def replace(layer: keras.Layer) -> keras.Layer:
        if type(layer) is keras.layers.BatchNormalization and _fits(layer):
            return FusedBatchNormalization.from_config(layer.get_config())
        return layer.__class__.from_config(layer.get_config())

    fused = keras.models.clone_model(model, clone_function=replace)
    fused.set_weights(model.get_weights())
    return fused


def _fits(layer: keras.layers.BatchNormalization) -> bool:
    shape = layer.input.shape
    return bool(len(shape) == 4 and layer.axis in (-1, 3) and layer.scale and layer.center)
