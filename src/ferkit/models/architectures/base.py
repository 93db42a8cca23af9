"""`base`: the largest shipped network, under 2 M parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferkit.models.registry import register_model

if TYPE_CHECKING:
    import keras


@register_model("base", source="ferkit: dense residual net, 48 to 144 channels")
def base(num_classes: int = 7, image_size: int | None = 48, dropout: float = 0.3) -> keras.Model:
    """Dense residual network of 48, 96 and 144 channels: 1,831,975 parameters with seven classes.

    Args:
        num_classes: Number of classes. Defaults to 7.
        image_size: Edge of the images in pixels; None leaves it open. Defaults to 48.
        dropout: Rate before the last layer. Defaults to 0.3.

    Returns:
        An untrained Keras model.
    """
    from keras import Model

    from ferkit.models.blocks import conv_norm, emotion_head, halve, residual, scaled_pixels

    pixels, x = scaled_pixels(image_size)
    x = conv_norm(x, 48, strides=2)
    for stage, (filters, blocks) in enumerate(((48, 2), (96, 2), (144, 3), (144, 1))):
        if stage:
            x = halve(x)
        for _ in range(blocks):
            x = residual(x, filters)
    return Model(pixels, emotion_head(x, num_classes, dropout), name="base")
