"""The votes head shares the features, its loss counts only rows with votes, and both heads are
saved.
"""

from __future__ import annotations

import keras
import numpy as np
import pytest

from ferkit.models.registry import create_model
from ferkit.training.votes_head import (
    TwoHeadLoss,
    own_accuracy,
    own_head,
    votes_head,
    with_votes_head,
)

C, V = 7, 8


def rows(own: int, votes: list[float]) -> np.ndarray:
    return np.concatenate([np.eye(C)[own], votes]).astype(np.float32)[None]


def uniform() -> np.ndarray:
    return np.concatenate([np.full(C, 1 / C), np.full(V, 1 / V)]).astype(np.float32)[None]


def loss_of(y_true: np.ndarray, y_pred: np.ndarray, **options: float) -> float:
    return float(TwoHeadLoss(C, **{"votes_weight": 0.5, **options})(y_true, y_pred))


def test_loss_is_the_sum_of_both_cross_entropies() -> None:
    with_votes = loss_of(rows(2, [0.75, 0.25, 0, 0, 0, 0, 0, 0]), uniform())
    assert with_votes == pytest.approx(np.log(7) + 0.5 * np.log(8), rel=1e-5)
    without = loss_of(rows(2, [0.0] * 8), uniform())
    assert without == pytest.approx(np.log(7), rel=1e-5)


def test_rows_without_votes_give_the_votes_head_no_gradient() -> None:
    """TensorFlow's fused softmax cross-entropy would give one: it takes targets to sum to 1."""
    import tensorflow as tf

    logits = tf.Variable(np.random.default_rng(0).normal(size=(1, C + V)).astype(np.float32))
    with tf.GradientTape() as tape:
        both = tf.concat([tf.nn.softmax(logits[:, :C]), tf.nn.softmax(logits[:, C:])], axis=1)
        loss = TwoHeadLoss(C, votes_weight=1.0)(rows(2, [0.0] * 8), both)
    gradient = np.asarray(tape.gradient(loss, logits))
    assert np.abs(gradient[:, C:]).max() == 0
    assert np.abs(gradient[:, :C]).max() > 0.1


def test_label_smoothing_applies_to_hard_labels_only() -> None:
    sure = rows(2, [1, 0, 0, 0, 0, 0, 0, 0])
    near = np.clip(sure, 1e-6, 1).astype(np.float32)
    assert loss_of(sure, near) == pytest.approx(0, abs=1e-4)
    smoothed = loss_of(sure, near, label_smoothing=0.1)
    assert smoothed == pytest.approx(-0.1 * 6 / 7 * np.log(1e-6), rel=0.01)


def test_accuracy_is_measured_on_the_hard_labels() -> None:
    metric = own_accuracy(C)
    right = rows(2, [1, 0, 0, 0, 0, 0, 0, 0])
    metric.update_state(np.concatenate([right, rows(3, [0.0] * 8)]), np.concatenate([right, right]))
    assert float(metric.result()) == 0.5
    assert metric.name == "accuracy"


def test_heads_can_be_separated_and_share_features() -> None:
    core = create_model("demo", num_classes=C)
    heads = with_votes_head(core, V)
    images = np.random.default_rng(0).uniform(0, 255, (3, 48, 48, 1)).astype(np.float32)
    both = np.asarray(heads(images))
    assert both.shape == (3, C + V)
    assert np.asarray(own_head(heads)(images)) == pytest.approx(both[:, :C], abs=1e-6)
    assert np.asarray(votes_head(heads)(images)) == pytest.approx(both[:, C:], abs=1e-6)
    assert both[:, C:].sum(axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    more = heads.count_params() - core.count_params()
    features = core.layers[-1].input.shape[-1]
    assert more == (features + 1) * V
    assert isinstance(heads, keras.Model)
