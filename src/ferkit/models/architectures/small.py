"""`small`: a dense residual network with under 1 M parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferkit.models.registry import register_model

if TYPE_CHECKING:
    import keras


@register_model("small", source="ferkit: dense residual net, 32 to 128 channels")
def small(num_classes: int = 7, image_size: int | None = 48, dropout: float = 0.0) -> keras.Model:
    """Dense residual network of 32, 64 and 128 channels: 993,831 parameters with seven classes.

    Args:
        num_classes: Number of classes. Defaults to 7.
        image_size: Edge of the images in pixels; None leaves it open. Defaults to 48.
        dropout: Rate before the last layer. Defaults to 0.

    Returns:
        An untrained Keras model.
    """
    from ferkit.models.blocks import residual_net

    stages = ((32, 2), (64, 2), (128, 2), (128, 1))
    return residual_net("small", stages, num_classes, image_size, dropout)
