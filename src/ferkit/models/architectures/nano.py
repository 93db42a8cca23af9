"""`nano`: the smallest shipped network, under 0.2 M parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferkit.models.registry import register_model

if TYPE_CHECKING:
    import keras


@register_model("nano", source="ferkit: dense residual net, 32 and 64 channels")
def nano(num_classes: int = 7, image_size: int | None = 48, dropout: float = 0.0) -> keras.Model:
    """Dense residual network of 32 and 64 channels: 189,031 parameters with seven classes.

    Dense 3x3 convolutions use a CPU better than depthwise ones. Depth at 6x6 is a
    quarter of the multiplications that it is at 12x12 (records/LOG.md).

    Args:
        num_classes: Number of classes. Defaults to 7.
        image_size: Edge of the images in pixels; None leaves it open. Defaults to 48.
        dropout: Rate before the last layer. Defaults to 0.

    Returns:
        An untrained Keras model.
    """
    from keras import Model

    from ferkit.models.blocks import conv_norm, emotion_head, halve, residual, scaled_pixels

    pixels, x = scaled_pixels(image_size)
    x = conv_norm(x, 32, strides=2)
    x = residual(x, 32)
    x = residual(halve(x), 64)
    x = residual(halve(x), 64)
    x = residual(x, 64, convolutions=1)
    return Model(pixels, emotion_head(x, num_classes, dropout), name="nano")
