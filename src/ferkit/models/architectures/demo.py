"""`demo`: a small network for drawn faces that trains in a minute on two cores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferkit.models.registry import register_model

if TYPE_CHECKING:
    import keras


@register_model("demo", source="ferkit: four strided convolutions for `make demo` and for tests")
def demo(num_classes: int = 7, width: int = 16, dropout: float = 0.2) -> keras.Model:
    """Four 3x3 convolutions with BatchNorm and global average pooling.

    Args:
        num_classes: Number of classes. Defaults to 7.
        width: Channels of the first convolution; each later one has twice as many. Defaults to 16.
        dropout: Rate before the last layer. Defaults to 0.2.

    Returns:
        An untrained Keras model.
    """
    from keras import Input, Sequential, layers

    blocks = []
    for stage in range(4):
        blocks += [
            layers.Conv2D(width * 2**stage, 3, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
        ]
    return Sequential(
        [
            Input((48, 48, 1)),
            layers.Rescaling(1 / 127.5, offset=-1),
            *blocks,
            layers.GlobalAveragePooling2D(),
            layers.Dropout(dropout),
            layers.Dense(num_classes, activation="softmax", dtype="float32"),
        ],
        name="demo",
    )
