"""A second head that predicts FER+ votes, for training only (multi-task learning)."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

_VOTES = "votes"


def with_votes_head(core: keras.Model, votes: int) -> keras.Model:
    """Return `core` with a second head: its outputs are followed by the probabilities of `votes`
    further classes, computed from the same features.

    Args:
        core: A model whose last layer is a Dense one.
        votes: Number of classes that annotators voted for.
    """
    own = core.layers[-1]
    more = keras.layers.Dense(votes, activation="softmax", dtype="float32", name=_VOTES)(own.input)
    both = keras.layers.Concatenate(dtype="float32")([own.output, more])
    heads = keras.Model(core.inputs[0], both)
    heads.own_head_name = own.name
    return heads


def own_head(heads: keras.Model) -> keras.Model:
    """Return the model without the second head."""
    return keras.Model(heads.inputs[0], heads.get_layer(heads.own_head_name).output)


def votes_head(heads: keras.Model) -> keras.Model:
    """Return the model with only the second head."""
    return keras.Model(heads.inputs[0], heads.get_layer(_VOTES).output)


class TwoHeadLoss(keras.losses.Loss):  # type: ignore[misc]
    """Cross-entropy of the first `classes` columns plus `votes_weight` times that of the others.

    Rows without votes are 0 there and contribute nothing.

    Args:
        classes: Number of the model's own classes.
        votes_weight: Weight of the votes.
        label_smoothing: Share of the first target spread over all classes. Defaults to 0.
    """

    def __init__(self, classes: int, votes_weight: float, label_smoothing: float = 0.0) -> None:
        super().__init__(name="two_heads")
        self.classes = classes
        self.votes_weight = votes_weight
        self.label_smoothing = label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each row."""
        c = self.classes
        own = keras.losses.categorical_crossentropy(
            y_true[:, :c], y_pred[:, :c], label_smoothing=self.label_smoothing
        )
        logs = ops.log(ops.clip(y_pred[:, c:], 1e-7, 1.0))
        return own - self.votes_weight * ops.sum(y_true[:, c:] * logs, axis=-1)


def own_accuracy(classes: int) -> keras.metrics.Metric:
    """Return the accuracy over the first `classes` columns, named `accuracy`."""

    def correct(y_true: Any, y_pred: Any) -> Any:
        best = ops.argmax(y_pred[:, :classes], axis=-1)
        return ops.cast(ops.equal(best, ops.argmax(y_true[:, :classes], axis=-1)), "float32")

    metric = keras.metrics.MeanMetricWrapper(correct, name="accuracy")
    metric._direction = "up"  # read by callbacks with mode="auto"
    return metric
