"""`cnn4`: the two-convolution network of the first notebook project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferkit.models.registry import register_model

if TYPE_CHECKING:
    import keras


@register_model("cnn4", source="first FER-2013 notebook project: Conv 32, Conv 64, Dense 1024")
def cnn4(
    num_classes: int = 7, conv_dropout: float = 0.25, dense_dropout: float = 0.5
) -> keras.Model:
    """Conv 32, Conv 64, Dense 1024: 6,580,999 parameters with seven classes.

    Args:
        num_classes: Number of classes. Defaults to 7.
        conv_dropout: Rate after each pooling. Defaults to 0.25.
        dense_dropout: Rate before the last layer. Defaults to 0.5.

    Returns:
        An untrained Keras model.
    """
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((48, 48, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(2),
            layers.Dropout(conv_dropout),
            layers.Conv2D(64, 3),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(2),
            layers.Dropout(conv_dropout),
            layers.Flatten(),
            layers.Dense(1024, activation="relu"),
            layers.Dropout(dense_dropout),
            # float32 at any precision: a sum of bfloat16 probabilities is off by up to a percent.
            layers.Dense(num_classes, activation="softmax", dtype="float32"),
        ],
        name="cnn4",
    )
