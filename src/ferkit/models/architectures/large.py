"""`large`: the largest network, for a GPU to train."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferkit.models.registry import register_model

if TYPE_CHECKING:
    import keras


@register_model("large", source="ferkit: dense residual net, 64 to 256 channels")
def large(num_classes: int = 7, image_size: int | None = 48, dropout: float = 0.3) -> keras.Model:
    """Dense residual network of 64, 128 and 256 channels: 6,325,319 parameters with seven classes.

    Args:
        num_classes: Number of classes. Defaults to 7.
        image_size: Edge of the images in pixels; None leaves it open. Defaults to 48.
        dropout: Rate before the last layer. Defaults to 0.3.

    Returns:
        An untrained Keras model.
    """
    from ferkit.models.blocks import residual_net

    stages = ((64, 2), (128, 2), (256, 3), (256, 2))
    return residual_net("large", stages, num_classes, image_size, dropout)
