"""`tiny`, a network that takes a second less to build and to trace than `demo` does.

Trainings of tests spend most of their time on that. `python tiny_net.py ARGUMENTS` is `ferkit
ARGUMENTS` where `tiny` is known.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ferkit.models.registry import register_model

if TYPE_CHECKING:
    import keras


def register_tiny() -> None:
    """Make `tiny` an architecture that trainings know by its name."""
    register_model("tiny", source="these tests")(tiny)


def tiny(num_classes: int = 7, image_size: int | None = 48, width: int = 4) -> keras.Model:
    """Return two convolutions, one with BatchNorm, and dropout before the last layer."""
    from keras import Input, Model, layers

    inputs = Input((image_size, image_size, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Conv2D(width, 5, strides=3, use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.5)(x))
    x = layers.Conv2D(2 * width, 3)(x)
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))
    x = layers.Dense(num_classes, activation="softmax", dtype="float32")(x)
    return Model(inputs, x, name="tiny")


if __name__ == "__main__":
    # Keras and TensorFlow import them where they are, and a training that is stopped does not come
    # to need them.
    for library in ("jax", "matplotlib", "pandas", "sklearn"):
        sys.modules[library] = None  # type: ignore[assignment]
    from plain_graphs import plain_graphs

    from ferkit.backend.choosing import prepare_backend
    from ferkit.cli.main import main

    prepare_backend()
    plain_graphs()  # so that the process computes what the tests compute
    register_tiny()
    main(sys.argv[1:])
