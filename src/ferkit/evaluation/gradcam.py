"""Which regions of a face support an emotion: Grad-CAM with element-wise gradients."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from ferkit.errors import MissingDependencyError, ModelError, UsageError

# About the smallest probability with a float32 logarithm: an emotion that the model rules out.
_LEAST_PROBABILITY = 1e-30

# Maps of 3x3 cells, like the last ones of a deep network, cannot separate mouth and nose; maps of
# 12x12 cells show only specks.
_LEAST_SIDE = 6


def heat_maps(model: Any, images: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return how strongly each region of an image supports a class.

    The score of a class is its log-probability minus the mean over all classes, which is its logit
    minus the mean logit for any temperature. Its gradient with respect to the last feature maps of
    at least 6x6 positions is multiplied with them element-wise and summed over channels; negative
    values are set to 0.

    Sources: Selvaraju et al., "Grad-CAM", 2017; Draelos and Carin, "HiResCAM", 2020.

    Args:
        model: A Keras model that takes `(n, 48, 48, 1)` raw grey pixels 0..255 and returns
            probabilities `(n, c)`.
        images: `uint8` or `float32` `(n, 48, 48, 1)`.
        classes: `int` `(n, k)`, the classes to explain for each image.

    Returns:
        `float32` `(n, k, 48, 48)`, 0..1; the maximum of each map is 1, unless it is 0 everywhere.

    Raises:
        ModelError: The model has no feature maps, or its layers do not form a plain graph.
        UsageError: The lengths of `images` and `classes` differ.
        MissingDependencyError: Keras runs on a backend other than TensorFlow or JAX.
    """
    import cv2

    codes = np.asarray(classes)
    if codes.ndim != 2 or len(codes) != len(images) or codes.dtype.kind not in "iu":
        raise UsageError(
            f"classes expects whole numbers of shape ({len(images)}, k), found {codes.dtype} "
            f"{codes.shape}."
        )
    height, width = np.shape(images)[1:3]
    maps = np.zeros((*codes.shape, height, width), np.float32)
    if not len(images):
        return maps
    pixels = np.asarray(images, np.float32)
    front, back = _split(model, pixels[:1])
    features = front(pixels, training=False)
    for column in range(codes.shape[1]):
        gradients = _gradients(back, features, codes[:, column])
        raw = (gradients * _numbers(features)).sum(axis=-1).clip(0)
        for row, heat in enumerate(raw):
            large = cv2.resize(heat, (width, height), interpolation=cv2.INTER_CUBIC).clip(0)
            maps[row, column] = large / max(float(large.max()), 1e-12)
    return maps


def _split(model: Any, image: np.ndarray) -> tuple[Any, Any]:
    """Return the model up to its last feature maps that are fine enough, and from there to the
    probabilities.
    """
    import keras

    pixels, tensors, probabilities = _graph(model)
    maps = [tensor for tensor in tensors if len(tensor.shape) == 4]
    if not maps:
        raise ModelError(f"{model.name} has no feature maps to explain; use a convolutional model.")
    # Run once, because the image size of a model may be undefined.
    found = keras.Model(pixels, maps)(image, training=False)
    sides = [min(values.shape[1:3]) for values in found]
    enough = min(_LEAST_SIDE, max(sides))
    for tensor, side in reversed(list(zip(maps, sides, strict=True))):
        if side >= enough:
            # Fails where a shortcut leads around this place.
            with suppress(ValueError, KeyError):
                return keras.Model(pixels, tensor), keras.Model(tensor, probabilities)
    raise ModelError(f"{model.name} cannot be explained: its layers form no plain graph.")


def _graph(model: Any) -> tuple[Any, list[Any], Any]:
    """Return the symbolic input, the output of each layer, and the final output of the graph."""
    import keras

    if not isinstance(model, keras.Sequential):
        tensors = [layer.output for layer in model.layers if hasattr(layer.output, "shape")]
        return model.inputs[0], tensors, model.outputs[0]
    # The outputs of a sequential model's layers belong to another graph than its own output.
    pixels = keras.Input(model.input_shape[1:])
    tensors = [pixels]
    for layer in model.layers:
        tensors.append(layer(tensors[-1]))
    return pixels, tensors[1:], tensors[-1]


def _scores(back: Any, features: Any, picks: Any) -> Any:
    """Return one number: the sum over images of the chosen class's logit minus the mean logit."""
    from keras import ops

    logits = ops.log(ops.maximum(back(features, training=False), _LEAST_PROBABILITY))
    return ops.sum(logits * picks) - ops.sum(logits) / logits.shape[-1]


def _gradients(back: Any, features: Any, codes: np.ndarray) -> np.ndarray:
    """Return the gradient of each image's score with respect to its feature maps."""
    import keras

    picks = np.eye(back.output_shape[-1], dtype=np.float32)[codes]
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(features)
            score = _scores(back, features, picks)
        return _numbers(tape.gradient(score, features))
    if backend == "jax":
        import jax

        return _numbers(jax.grad(lambda maps: _scores(back, maps, picks))(features))
    raise MissingDependencyError(
        f"Explaining needs TensorFlow or JAX below Keras, not {backend}; set "
        "KERAS_BACKEND=tensorflow."
    )


def _numbers(tensor: Any) -> np.ndarray:
    from keras import ops

    return np.asarray(ops.convert_to_numpy(ops.cast(tensor, "float32")))
