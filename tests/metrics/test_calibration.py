"""Inverting label smoothing, and fitting it together with a temperature."""

from __future__ import annotations

import numpy as np
import pytest

from ferkit.errors import DataError
from ferkit.metrics.calibration import PLAIN, Calibration, fit_calibration, undo_smoothing
from ferkit.metrics.reliability import expected_calibration_error
from ferkit.metrics.temperature import apply_temperature, fit_temperature

RNG = np.random.default_rng(0)


def honest(n: int = 20_000, classes: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities, and labels drawn from them."""
    rows = RNG.dirichlet(np.full(classes, 0.25), n)
    uniform = RNG.uniform(size=(n, 1))
    return rows, (rows.cumsum(axis=1) < uniform).sum(axis=1).clip(0, classes - 1)


def test_unsmoothing_inverts_label_smoothing() -> None:
    rows = honest(100)[0]
    smoothed = 0.9 * rows + 0.1 / 7
    assert undo_smoothing(smoothed, 0.1) == pytest.approx(rows, abs=3e-3)
    large = rows > 0.01
    assert undo_smoothing(smoothed, 0.1)[large] == pytest.approx(rows[large], rel=0.06)
    assert undo_smoothing(rows, 0.0) == pytest.approx(rows, abs=1e-12)


def test_calibration_keeps_the_top_class_and_row_sums() -> None:
    rows = honest(2000)[0]
    for calibration in (Calibration(0.7, 0.1), Calibration(1.6, 0.05), Calibration(1.0, 0.3)):
        found = calibration.apply(rows)
        assert np.array_equal(found.argsort(axis=1), rows.argsort(axis=1))
        assert found.sum(axis=1) == pytest.approx(np.ones(len(rows)))
    assert PLAIN.apply(rows) == pytest.approx(rows, abs=1e-12)


def test_smoothing_and_temperature_are_recovered() -> None:
    rows, labels = honest()
    learned = 0.94 * apply_temperature(rows, 1.3) + 0.06 / 7
    found = fit_calibration(labels, learned)
    assert found.smoothing == pytest.approx(0.06, abs=0.03)
    assert found.temperature == pytest.approx(1 / 1.3, rel=0.08)
    assert expected_calibration_error(labels, found.apply(learned)) < 0.01


def test_it_is_better_than_a_temperature_alone_where_labels_were_smoothed() -> None:
    rows, labels = honest()
    learned = 0.9 * rows + 0.1 / 7
    alone = apply_temperature(learned, fit_temperature(labels, learned))
    both = fit_calibration(labels, learned).apply(learned)
    errors = [expected_calibration_error(labels, answer) for answer in (learned, alone, both)]
    assert errors[2] < 0.5 * min(errors[:2])


def test_calibrated_probabilities_stay() -> None:
    rows, labels = honest()
    found = fit_calibration(labels, rows)
    assert found.temperature == pytest.approx(1, abs=0.05)
    assert np.abs(found.apply(rows) - rows).max() < 0.03


def test_the_calibration_survives_a_card() -> None:
    assert Calibration.of_card({"temperature": 1.5, "smoothing": 0.1}) == Calibration(1.5, 0.1)
    assert Calibration.of_card({"name": "x"}) == PLAIN
    assert str(Calibration(1.5, 0.1)) == "temperature 1.500, label smoothing of 0.1 undone"
    assert str(PLAIN) == "temperature 1.000"


@pytest.mark.parametrize(
    ("temperature", "smoothing"), [(0, 0), (-1, 0), (np.nan, 0), (1, 1), (1, -0.1)]
)
def test_wrong_numbers(temperature: float, smoothing: float) -> None:
    with pytest.raises(DataError, match="Expected a temperature above 0"):
        Calibration(temperature, smoothing)
