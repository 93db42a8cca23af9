"""Networks of peers whose weights are in no package: rebuilt, untrained, to measure their speed.

Speed and memory do not depend on the weights; accuracy is not measured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

CLASSES = 7


def big_xception() -> Any:
    """Return oarriaga's big_XCEPTION (face_classification, src/models/cnn.py) for 64x64 pixels:
    208,871 parameters.
    """
    import keras
    from keras import layers

    def normalised(layer: Any, x: Any) -> Any:
        return layers.BatchNormalization()(layer(x))

    pixels = keras.Input((64, 64, 1))
    x = normalised(layers.Conv2D(32, 3, strides=2, use_bias=False), pixels)
    x = normalised(layers.Conv2D(64, 3, use_bias=False), layers.ReLU()(x))
    x = layers.ReLU()(x)
    for filters in (128, 256):
        short = normalised(layers.Conv2D(filters, 1, strides=2, padding="same", use_bias=False), x)
        if filters == 256:  # the first block begins rectified already
            x = layers.ReLU()(x)
        x = normalised(layers.SeparableConv2D(filters, 3, padding="same", use_bias=False), x)
        x = layers.ReLU()(x)
        x = normalised(layers.SeparableConv2D(filters, 3, padding="same", use_bias=False), x)
        x = layers.Add()([layers.MaxPooling2D(3, strides=2, padding="same")(x), short])
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(CLASSES, 3, padding="same")(x))
    return keras.Model(pixels, layers.Softmax()(x), name="big_XCEPTION")


def separable_cnn() -> Any:
    """Return vicksam's separable network (fer-model, models.py, get_performance_model) for 48x48
    pixels: 173,152 parameters.
    """
    import keras
    from keras import layers

    pixels = x = keras.Input((48, 48, 1))
    for filters, convolutions in ((48, 3), (96, 3), (192, 2), (384, 1)):
        for i in range(convolutions):
            x = layers.SeparableConv2D(filters, 3, padding="same")(x)
            x = layers.BatchNormalization()(x)
            if i == convolutions - 1:
                x = layers.MaxPooling2D(2)(x)
            x = layers.LeakyReLU()(x)
    x = layers.GlobalAveragePooling2D()(layers.SeparableConv2D(CLASSES, 1, padding="same")(x))
    return keras.Model(pixels, layers.Softmax()(x), name="separable_CNN")


ARCHITECTURES: dict[str, Callable[[], Any]] = {
    "big_XCEPTION": big_xception,
    "separable CNN": separable_cnn,
}
