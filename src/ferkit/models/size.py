"""Parameters and multiply-accumulates of a Keras model."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


def count_macs(model: keras.Model) -> int:
    """Return the multiply-accumulates of one image's forward pass: convolutions and dense layers.

    Normalisation, activations and pooling are left out, as in most published counts.

    Example:
        >>> from ferkit.models import create_model
        >>> count_macs(create_model("cnn4"))
        15298688
    """
    return sum(_layer_macs(layer) for layer in model._flatten_layers(include_self=False))


def _layer_macs(layer: keras.layers.Layer) -> int:
    from keras import layers

    if isinstance(layer, layers.Dense):
        return int(prod(layer.kernel.shape) * prod(layer.output.shape[1:-1]))
    if isinstance(layer, layers.SeparableConv2D):
        positions = prod(layer.output.shape[1:3])
        return int(
            positions * (prod(layer.depthwise_kernel.shape) + prod(layer.pointwise_kernel.shape))
        )
    if isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D):
        return int(prod(layer.output.shape[1:3]) * prod(layer.kernel.shape))
    return 0
