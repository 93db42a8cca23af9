"""Small Keras models with weights that reveal any mistake of an export."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import keras
import numpy as np
import pytest
from keras import layers

from ferkit.export.parity import noise_images


def randomise(model: keras.Model, seed: int = 0) -> keras.Model:
    """Set biases and normalisations to random values: initial zeros and ones hide mistakes."""
    rng = np.random.default_rng(seed)
    for layer in model._flatten_layers(include_self=False):
        if isinstance(layer, layers.BatchNormalization):
            size = layer.moving_mean.shape
            layer.moving_mean.assign(rng.normal(0, 0.5, size))
            layer.moving_variance.assign(rng.uniform(0.5, 2, size))
            if layer.scale:
                layer.gamma.assign(rng.uniform(-0.5, 1.5, size))
            if layer.center:
                layer.beta.assign(rng.normal(0, 0.3, size))
        elif getattr(layer, "use_bias", False):
            layer.bias.assign(rng.normal(0, 0.2, layer.bias.shape))
    return spread_answers(model)


def spread_answers(model: keras.Model) -> keras.Model:
    """Make the last layer distinguish images; untrained, it predicts nearly the same for all."""
    rows = np.log(np.asarray(model(noise_images(24).astype(np.float32), training=False)))
    # What all classes share cancels in the softmax, so logits need be known up to that alone.
    logits = rows - rows.mean(axis=1, keepdims=True)
    mean = logits.mean(axis=0)
    deviation = (logits - mean).std()
    last = [layer for layer in model.layers if isinstance(layer, layers.Dense)][-1]
    last.kernel.assign(last.kernel / deviation)
    last.bias.assign((last.bias - mean) / deviation)
    return model


def residual() -> keras.Model:
    """Return a residual network with squeeze-and-excitation in every way to write it."""
    pixels = keras.Input((48, 48, 1))
    x = layers.Rescaling(1 / 64, offset=-2)(pixels)
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    for number, (width, act) in enumerate(((8, "relu"), (12, "silu"), (12, "gelu"))):
        y = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
        y = layers.Activation(act)(layers.BatchNormalization()(y))
        y = layers.BatchNormalization()(layers.Conv2D(width, 3, padding="same")(y))
        gate = layers.GlobalAveragePooling2D(keepdims=number == 1)(y)
        gate = layers.Dense(4, activation="relu")(gate)
        gate = layers.Dense(width, activation="hard_sigmoid" if number else "sigmoid")(gate)
        if number == 0:
            gate = layers.Reshape((1, 1, width))(gate)
        y = layers.Multiply()([y, gate])
        if x.shape[-1] != width:
            x = layers.BatchNormalization()(layers.Conv2D(width, 1, use_bias=False)(x))
        x = layers.Activation("relu6")(layers.Add()([x, y]))
        x = layers.AveragePooling2D(2, padding="same")(x)
    x = layers.Dropout(0.5)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(pixels, layers.Dense(7, activation="softmax")(x), name="residual")


def branched() -> keras.Model:
    """Return a RepVGG: a 3x3, a 1x1 and an identity branch in every block, and two with a
    stride.
    """
    pixels = keras.Input((48, 48, 1))
    x = layers.Rescaling(1 / 255)(pixels)
    for width, strides in ((8, 2), (8, 1), (12, 2), (12, 1)):
        branches = [
            layers.BatchNormalization()(
                layers.Conv2D(width, size, strides=strides, padding="same", use_bias=False)(x)
            )
            for size in (3, 1)
        ]
        if strides == 1:
            branches.append(layers.BatchNormalization()(x))
        x = layers.ReLU()(layers.Add()(branches))
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x) + x
    x = layers.GlobalMaxPooling2D()(x)
    return keras.Model(pixels, layers.Activation("softmax")(layers.Dense(7)(x)), name="branched")


def mixed() -> keras.Model:
    """Return a network of the layers that the others lack."""
    pixels = keras.Input((48, 48, 1))
    x = layers.GaussianNoise(0.5)(pixels)
    x = layers.BatchNormalization()(layers.Conv2D(6, 3, dilation_rate=2)(x))
    x = layers.MaxPooling2D(2)(x)
    x = layers.SeparableConv2D(8, 5, padding="same", depth_multiplier=2, activation="elu")(x)
    x = layers.Concatenate()([x, layers.MaxPooling2D(3, 1, padding="same")(x)])
    x = layers.LeakyReLU(0.1)(x)
    x = layers.Conv2D(8, 3, strides=2, groups=4)(layers.ZeroPadding2D(((0, 1), (1, 0)))(x))
    inner = keras.Sequential([keras.Input(x.shape[1:]), layers.Conv2D(5, 1, activation="tanh")])
    x = layers.Flatten()(layers.AveragePooling2D(2)(inner(x)))
    x = layers.Dense(9, activation="selu")(layers.BatchNormalization()(x))
    x = layers.Softmax()(layers.Dense(7)(x))
    return keras.Model(pixels, x, name="mixed")


def stripes() -> keras.Model:
    """Return a network that knows the stripes of `tiny_dataset` without training: matched filters
    of each direction.
    """
    y, x = np.mgrid[:13, :13] - 6
    filters = []
    for label in range(7):
        angle, period = np.pi * label / 7, 6 + 2 * (label % 4)
        phase = 2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period
        waves = [np.cos(phase), -np.cos(phase), np.sin(phase), -np.sin(phase)]
        filters += [wave - wave.mean() for wave in waves]
    kernel = np.stack([f / np.linalg.norm(f) for f in filters], axis=-1)[:, :, None]
    model = keras.Sequential(
        [
            keras.Input((48, 48, 1)),
            layers.Rescaling(1 / 255, offset=-0.5),
            layers.Conv2D(28, 13, activation="relu", use_bias=False),
            layers.GlobalAveragePooling2D(),
            layers.Dense(7, activation="softmax", use_bias=False),
        ],
        name="stripes",
    )
    model.set_weights([kernel, 2 * np.repeat(np.eye(7), 4, axis=0)])
    return model


BUILDERS = {"residual": residual, "branched": branched, "mixed": mixed}


@pytest.fixture(scope="session")
def build() -> Callable[[str], keras.Model]:
    """Return a function from the name of a small model, or of an architecture, to the model with
    random weights, which tests share and do not change.
    """
    from ferkit.models import create_model

    @cache
    def build_model(name: str) -> keras.Model:
        keras.utils.set_random_seed(0)
        if name == "stripes":
            return stripes()
        return randomise(BUILDERS[name]() if name in BUILDERS else create_model(name))

    return build_model


@pytest.fixture(scope="session")
def relatives(build: Callable[[str], keras.Model]) -> tuple[keras.Model, keras.Model]:
    """Return two networks of one kind whose answers differ, as those of two seeds do."""
    from ferkit.models import create_model

    first = build("demo")
    keras.utils.set_random_seed(1)
    return first, randomise(create_model("demo"), seed=1)
