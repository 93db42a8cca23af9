"""Comparison of two architectures: weights with equal shapes may belong to different networks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

# Settings in which copies of a network may differ: names, precision, and those that only act in
# training.
_OF_A_COPY = {"name", "dtype", "trainable", "batch_shape", "build_config", "registered_name"}
_IN_TRAINING = {"momentum", "rate", "seed", "noise_shape"}
_TRAINING_ENDINGS = ("_initializer", "_regularizer", "_constraint")


def same_network(first: keras.Model, second: keras.Model) -> bool:
    """Return whether two models have the same architecture: layers with the same settings and
    connections.

    Names, precision, the image size, settings that only act in training (BatchNormalization's
    momentum, dropout rates, initializers), and the kind of model (sequential or functional) may
    differ.

    Args:
        first: A functional or sequential model.
        second: Another one.

    Example:
        >>> from ferkit.models import create_model
        >>> same_network(create_model("demo"), create_model("demo", dropout=0.5))
        True
        >>> same_network(create_model("demo"), create_model("demo", width=8))
        False
    """
    return _description(first) == _description(second)


def _description(model: keras.Model) -> str:
    import keras

    if isinstance(model, keras.Sequential):
        model = model._functional
    layers = model.get_config()["layers"]
    numbers = {layer["config"]["name"]: number for number, layer in enumerate(layers)}
    # Compared as text, since a loaded model has lists where a new one has tuples.
    return json.dumps([_plain(layer, numbers) for layer in layers], sort_keys=True)


def _plain(value: Any, numbers: dict[str, int]) -> Any:
    """Return a part of a config without settings that may differ, and with numbers instead of the
    names of layers.
    """
    if isinstance(value, list | tuple):
        return [_plain(item, numbers) for item in value]
    if not isinstance(value, dict):
        return value
    if "keras_history" in value:
        name, *place = value["keras_history"]
        return [numbers[name], *place]
    return {
        # The kernel that FusedBatchNormalization takes is not part of what it computes.
        key: item.removeprefix("Fused") if key == "class_name" else _plain(item, numbers)
        for key, item in value.items()
        if not (
            key in _OF_A_COPY
            or key in _IN_TRAINING
            or key == "module"
            or key.endswith(_TRAINING_ENDINGS)
            or item is None
        )
    }
