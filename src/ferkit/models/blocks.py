"""Building blocks that several architectures share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

# An epoch of FER-2013 has 225 steps of 128 images; averages over about 20 steps follow a falling
# learning rate closely.
_NORM_MOMENTUM = 0.95


def scaled_pixels(image_size: int | None) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Return the input of raw grey pixels 0..255, and the same scaled to -2..2 (about unit
    variance).

    Args:
        image_size: Side in pixels; None for any size, for training at several sizes.
    """
    from keras import Input, layers

    pixels = Input((image_size, image_size, 1))
    return pixels, layers.Rescaling(1 / 64, offset=-2)(pixels)


def conv_norm(x: Any, filters: int, kernel: int = 3, *, strides: int = 1, relu: bool = True) -> Any:
    """Convolve without bias, normalise, and, unless disabled, rectify."""
    from keras import layers

    x = layers.Conv2D(
        filters,
        kernel,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
    )(x)
    x = layers.BatchNormalization(momentum=_NORM_MOMENTUM)(x)
    return layers.ReLU()(x) if relu else x


def residual(x: Any, filters: int, convolutions: int = 2) -> Any:
    """Add 3x3 convolutions of `x` to `x` (He et al., arXiv 1512.03385, basic block).

    If the number of channels changes, a 1x1 convolution maps `x` to `filters`.
    """
    from keras import layers

    y = x
    for _ in range(convolutions - 1):
        y = conv_norm(y, filters)
    y = conv_norm(y, filters, relu=False)
    if x.shape[-1] != filters:
        x = conv_norm(x, filters, kernel=1, relu=False)
    return layers.ReLU()(layers.Add()([x, y]))


def halve(x: Any) -> Any:
    """Average 2x2 pixels, so that the next block works only at the lower resolution."""
    from keras import layers

    return layers.AveragePooling2D(2, padding="same")(x)


def residual_net(
    name: str,
    stages: Sequence[tuple[int, int]],
    num_classes: int,
    image_size: int | None,
    dropout: float,
) -> keras.Model:
    """Return a dense residual network: a convolution with stride 2, and stages, each at half the
    resolution of the previous one.

    Args:
        name: The model's name.
        stages: Filters and residual blocks of each stage; the first convolution has the filters of
            the first stage.
        num_classes: Number of classes.
        image_size: Side of the images in pixels; None for any size.
        dropout: Rate before the last layer.
    """
    from keras import Model

    pixels, x = scaled_pixels(image_size)
    x = conv_norm(x, stages[0][0], strides=2)
    for stage, (filters, blocks) in enumerate(stages):
        if stage:
            x = halve(x)
        for _ in range(blocks):
            x = residual(x, filters)
    return Model(pixels, emotion_head(x, num_classes, dropout), name=name)


def emotion_head(x: Any, num_classes: int, dropout: float) -> Any:
    """Return class probabilities from the average over all positions."""
    from keras import layers

    x = layers.GlobalAveragePooling2D()(x)
    if dropout:
        x = layers.Dropout(dropout)(x)
    # float32 at any precision: a sum of bfloat16 probabilities is off by up to a percent.
    return layers.Dense(num_classes, activation="softmax", dtype="float32")(x)
