"""`base`: a dense residual network with under 2 M parameters."""

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
    from ferkit.models.blocks import residual_net

    stages = ((48, 2), (96, 2), (144, 3), (144, 1))
    return residual_net("base", stages, num_classes, image_size, dropout)
