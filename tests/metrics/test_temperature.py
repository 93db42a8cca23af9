"""Temperature scaling and the uncertainty threshold, against results computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ferkit.errors import DataError
from ferkit.metrics.abstaining import kept_share, uncertainty_threshold
from ferkit.metrics.reliability import negative_log_likelihood
from ferkit.metrics.temperature import apply_temperature, fit_temperature


def softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def drawn(n: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Return logits, and labels drawn from their softmax: a perfectly calibrated model."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (n, 7))
    uniform = rng.uniform(size=(n, 1))
    return logits, (softmax(logits).cumsum(axis=1) < uniform).sum(axis=1).clip(0, 6)


def test_temperature_divides_logits() -> None:
    logits = drawn(50)[0]
    for temperature in (0.3, 1.0, 4.0):
        found = apply_temperature(softmax(logits), temperature)
        assert found == pytest.approx(softmax(logits / temperature), abs=1e-12)


def test_a_probability_of_zero_stays_finite() -> None:
    rows = apply_temperature(np.array([[1.0, 0.0]]), 10.0)
    assert np.isfinite(rows).all()
    assert rows[0, 1] < 0.01


@pytest.mark.parametrize("sharpened", [0.25, 1.0, 3.0])
def test_the_temperature_undoes_too_sharp_or_too_soft_answers(sharpened: float) -> None:
    logits, labels = drawn()
    found = fit_temperature(labels, softmax(logits * sharpened))
    assert found == pytest.approx(sharpened, rel=0.03)


def test_the_temperature_minimises_the_loss() -> None:
    logits, labels = drawn(500)
    rows = softmax(logits * 1.7)
    best = fit_temperature(labels, rows)
    losses = [
        negative_log_likelihood(labels, apply_temperature(rows, best * factor))
        for factor in (0.98, 1.0, 1.02)
    ]
    assert losses[1] == min(losses)


@pytest.mark.parametrize("temperature", [0, -1, np.inf, np.nan])
def test_a_wrong_temperature(temperature: float) -> None:
    with pytest.raises(DataError, match="must be above 0"):
        apply_temperature(np.array([[0.5, 0.5]]), temperature)


ROWS = np.array([[0.95, 0.05], [0.85, 0.15], [0.75, 0.25], [0.65, 0.35], [0.55, 0.45]])


def test_coverage_and_accuracy_at_thresholds() -> None:
    labels = np.array([0, 0, 1, 0, 1])
    assert kept_share(labels, ROWS, 0.0) == {"kept": 1.0, "accuracy": 0.6}
    assert kept_share(labels, ROWS, 0.85) == {"kept": 0.4, "accuracy": 1.0}
    assert kept_share(labels, ROWS, 0.99) == {"kept": 0.0, "accuracy": None}


@pytest.mark.parametrize(
    ("labels", "threshold"),
    [
        ([0, 0, 0, 0, 0], 0.0),  # right about everything: always answer
        ([0, 0, 1, 0, 1], 0.76),  # of those from 0.76 on, all are right
        ([0, 0, 0, 1, 1], 0.66),
        ([1, 0, 0, 1, 1], 0.66),  # 80 % are never reached: 2 of 3 is the best there is
    ],
)
def test_the_lowest_threshold_that_reaches_the_aim(labels: list[int], threshold: float) -> None:
    assert uncertainty_threshold(np.array(labels), ROWS) == pytest.approx(threshold)


def test_a_lower_aim_keeps_more() -> None:
    labels = np.array([0, 0, 1, 0, 1])
    assert uncertainty_threshold(labels, ROWS, wanted=0.6) == 0
    assert uncertainty_threshold(labels, ROWS, wanted=0.7) == pytest.approx(0.56)
