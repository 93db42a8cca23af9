"""`cnn6`: the "6-layer" network of the second notebook project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferkit.models.registry import register_model

if TYPE_CHECKING:
    import keras


@register_model(
    "cnn6", source="second FER-2013 notebook project: Conv 32, 64, 128, 256, Dense 1024"
)
def cnn6(
    num_classes: int = 7,
    l2: float = 0.01,
    conv_dropout: float = 0.25,
    dense_dropout: float = 0.5,
) -> keras.Model:
    """Conv 32, 64, 128, 256, Dense 1024: 21,630,983 parameters with seven classes.

    Args:
        num_classes: Number of classes. Defaults to 7.
        l2: Weight of the L2 penalty on the third convolution's kernel. Defaults to 0.01.
        conv_dropout: Rate after each pooling. Defaults to 0.25.
        dense_dropout: Rate before the last layer. Defaults to 0.5.

    Returns:
        An untrained Keras model.
    """
    from keras import Input, Sequential, layers, regularizers

    return Sequential(
        [
            Input((48, 48, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, activation="relu"),
            layers.Conv2D(64, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(2),
            layers.Dropout(conv_dropout),
            layers.Conv2D(128, 3, activation="relu", kernel_regularizer=regularizers.L2(l2)),
            layers.Conv2D(256, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(2),
            layers.Dropout(conv_dropout),
            layers.Flatten(),
            layers.Dense(1024, activation="relu"),
            layers.Dropout(dense_dropout),
            # float32 at any precision: a sum of bfloat16 probabilities is off by up to a percent.
            layers.Dense(num_classes, activation="softmax", dtype="float32"),
        ],
        name="cnn6",
    )
