"""Combining two heads of a network: one for FER-2013's labels and one for FER+'s votes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ferkit.errors import ModelError

if TYPE_CHECKING:
    import keras


def combine_heads(
    labels: keras.Model,
    votes: keras.Model,
    emotions: tuple[Sequence[str], Sequence[str]],
    *,
    share: float,
) -> keras.Model:
    """Return a model whose logits are a mean of the logits of two heads over one network.

    Both heads are linear in the same features, so their mean is a single Dense layer without extra
    cost. The logits of each head are centred on their mean over the shared classes. The logit of a
    class that only the votes' head knows keeps its distance from that mean, weighted by the votes'
    share.

    Args:
        labels: A model that ends in a Dense layer with softmax.
        votes: The same network with another such layer.
        emotions: Class names of the two, in the order of their outputs. All of the first must be
            among the second.
        share: Weight of the first head's logits, 0..1; the second has the rest.

    Returns:
        A model of the same network with the second's classes, in float32.

    Raises:
        ModelError: The two are not the same network, or the second does not know a class of the
            first.

    Example:
        >>> from ferkit.models.registry import create_model
        >>> net = create_model("demo", num_classes=2)
        >>> both = combine_heads(net, net, (("sad", "happy"), ("sad", "happy")), share=0.5)
        >>> both.output_shape
        (None, 2)
    """
    import keras

    _check_one_network(labels, votes)
    names, known = emotions
    if unknown := [name for name in names if name not in known]:
        raise ModelError(
            f"The votes' head does not know {', '.join(unknown)}; it knows {', '.join(known)}."
        )
    columns = [list(known).index(name) for name in names]
    weights = []
    for own, voted in zip(_dense(labels), _dense(votes), strict=True):
        mixed = (1 - share) * (voted - voted[..., columns].mean(axis=-1, keepdims=True))
        mixed[..., columns] += share * (own - own.mean(axis=-1, keepdims=True))
        weights.append(mixed)
    last = votes.layers[-1]
    head = keras.layers.Dense(len(known), activation="softmax", dtype="float32", name="combined")
    model = keras.Model(votes.inputs[0], head(last.input), name=labels.name)
    head.set_weights(weights)
    return model


def _dense(model: Any) -> tuple[np.ndarray, np.ndarray]:
    last = model.layers[-1]
    if type(last).__name__ != "Dense" or last.activation.__name__ != "softmax" or not last.use_bias:
        raise ModelError(
            f"{model.name} ends in {type(last).__name__}; expected a Dense layer with bias and "
            "softmax."
        )
    kernel, bias = (np.asarray(weight, np.float64) for weight in last.get_weights())
    return kernel, bias


def _check_one_network(labels: keras.Model, votes: keras.Model) -> None:
    ours, theirs = labels.get_weights()[:-2], votes.get_weights()[:-2]
    same = len(ours) == len(theirs) and all(
        a.shape == b.shape and np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True)
    )
    if not same:
        raise ModelError(
            "The two heads do not belong to the same network; use model.keras and votes.keras of "
            "one run folder, from the same epoch."
        )
