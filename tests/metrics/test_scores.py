"""Every metric against scikit-learn, or by hand where scikit-learn has none."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from ferkit.errors import DataError
from ferkit.labels import EMOTIONS
from ferkit.metrics.intervals import wilson_interval
from ferkit.metrics.reliability import (
    expected_calibration_error,
    negative_log_likelihood,
    reliability_bins,
)
from ferkit.metrics.scores import classification_metrics, confusion_matrix, per_class_scores

# What the issue and the documentation promise of every split.
PROMISED = {
    "n",
    "accuracy",
    "accuracy_ci95",
    "clean_n",
    "clean_accuracy",
    "macro_f1",
    "balanced_accuracy",
    "ece",
    "per_class",
    "confusion_matrix",
}


def drawn(seed: int, n: int, classes: int, present: int) -> tuple[np.ndarray, np.ndarray]:
    """Return labels of the first `present` of `classes`, and probabilities a bit better than
    chance.
    """
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, present, n)
    scores = rng.normal(size=(n, classes)) + 1.2 * np.eye(classes)[labels]
    powers = np.exp(2 * scores)
    return labels, powers / powers.sum(axis=1, keepdims=True)


def one_hot(predictions: list[int], classes: int) -> np.ndarray:
    return np.eye(classes)[predictions]


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 120),
    classes=st.integers(2, 8),
    data=st.data(),
)
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true:UserWarning")
@pytest.mark.filterwarnings("ignore:A single label was found:UserWarning")
def test_figures_agree_with_scikit_learn(
    seed: int, n: int, classes: int, data: st.DataObject
) -> None:
    present = data.draw(st.integers(1, classes))
    labels, probabilities = drawn(seed, n, classes, present)
    guesses = probabilities.argmax(axis=1)
    names = [f"e{i}" for i in range(classes)]
    every = list(range(classes))
    entry = classification_metrics(labels, probabilities, names)

    assert entry["n"] == n
    assert entry["accuracy"] == pytest.approx(sk.accuracy_score(labels, guesses))
    assert entry["macro_f1"] == pytest.approx(
        sk.f1_score(labels, guesses, average="macro", zero_division=0)
    )
    assert entry["balanced_accuracy"] == pytest.approx(sk.balanced_accuracy_score(labels, guesses))
    assert entry["nll"] == pytest.approx(sk.log_loss(labels, probabilities, labels=every))
    matrix = sk.confusion_matrix(labels, guesses, labels=every)
    assert entry["confusion_matrix"] == matrix.tolist()
    scores = sk.precision_recall_fscore_support(labels, guesses, labels=every, zero_division=0)
    for i, name in enumerate(names):
        row = entry["per_class"][name]
        assert list(row) == ["precision", "recall", "f1", "support"]
        assert [*row.values()] == pytest.approx([column[i] for column in scores])


def test_an_entry_has_every_documented_key_and_is_json() -> None:
    labels, probabilities = drawn(0, 50, 7, 7)
    entry = classification_metrics(labels, probabilities, EMOTIONS)
    assert set(entry) >= PROMISED
    assert list(entry["per_class"]) == list(EMOTIONS)
    assert json.loads(json.dumps(entry, allow_nan=False)) == entry


def test_half_precision_rows_are_taken_and_give_plain_numbers() -> None:
    labels, probabilities = drawn(1, 200, 7, 7)
    coarse = classification_metrics(labels, probabilities.astype(np.float16), EMOTIONS)
    fine = classification_metrics(labels, probabilities, EMOTIONS)
    assert coarse["accuracy"] == pytest.approx(fine["accuracy"], abs=0.02)
    assert coarse["ece"] == pytest.approx(fine["ece"], abs=0.02)
    json.dumps(coarse, allow_nan=False)


def test_ties_go_to_the_first_class() -> None:
    entry = classification_metrics(np.array([0, 1]), np.full((2, 2), 0.5), ["sad", "happy"])
    assert entry["confusion_matrix"] == [[1, 0], [1, 0]]


def test_a_class_that_neither_occurs_nor_is_predicted_lowers_no_mean() -> None:
    names = [*EMOTIONS, "contempt"]
    labels = np.arange(7)
    entry = classification_metrics(labels, one_hot(list(range(7)), 8), names)
    assert entry["macro_f1"] == entry["balanced_accuracy"] == 1
    assert entry["per_class"]["contempt"] == {"precision": 0, "recall": 0, "f1": 0, "support": 0}
    predicted = classification_metrics(labels, one_hot([7, 1, 2, 3, 4, 5, 6], 8), names)
    assert predicted["macro_f1"] == pytest.approx(6 / 8), "angry and contempt are both wrong"
    assert predicted["balanced_accuracy"] == pytest.approx(6 / 7), "contempt has no recall"


def test_one_class_alone() -> None:
    entry = classification_metrics(np.zeros(4, int), one_hot([0, 0, 0, 1], 2), ["sad", "happy"])
    assert entry["accuracy"] == 0.75
    assert entry["per_class"]["happy"]["precision"] == 0
    assert entry["macro_f1"] == pytest.approx((2 * 3 / (4 + 3)) / 2)


def test_clean_accuracy_leaves_twins_out() -> None:
    labels, guesses = np.array([0, 0, 1, 1, 1]), one_hot([0, 1, 1, 1, 0], 2)
    twin = np.array([True, False, True, False, False])
    entry = classification_metrics(labels, guesses, ["sad", "happy"], has_twin=twin)
    assert entry["accuracy"] == pytest.approx(3 / 5)
    assert entry["clean_n"] == 3
    assert entry["clean_accuracy"] == pytest.approx(1 / 3)
    assert entry["clean_accuracy_ci95"] == pytest.approx(wilson_interval(1, 3))


def test_clean_accuracy_may_be_unknown() -> None:
    labels, guesses = np.array([0, 1]), one_hot([0, 1], 2)
    unknown = classification_metrics(labels, guesses, ["sad", "happy"])
    assert unknown["clean_n"] is unknown["clean_accuracy"] is None
    none_left = classification_metrics(
        labels, guesses, ["sad", "happy"], has_twin=np.array([True, True])
    )
    assert none_left["clean_n"] == 0
    assert none_left["clean_accuracy"] is None


def test_per_class_scores_of_a_matrix_by_hand() -> None:
    scores = per_class_scores(np.array([[3, 1, 0], [2, 4, 0], [0, 0, 0]]))
    assert scores["precision"] == pytest.approx([3 / 5, 4 / 5, 0])
    assert scores["recall"] == pytest.approx([3 / 4, 4 / 6, 0])
    assert scores["f1"] == pytest.approx([6 / 9, 8 / 11, 0])
    assert scores["support"].tolist() == [4, 6, 0]


def test_confusion_matrix_keeps_absent_classes() -> None:
    matrix = confusion_matrix(np.array([2, 2]), np.array([0, 2]), 4)
    assert matrix.dtype == np.int64
    assert matrix.tolist() == [[0] * 4, [0] * 4, [1, 0, 1, 0], [0] * 4]


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        # Solved by hand: p_hat = 0 leaves z^2 / (n + z^2), p_hat = 1/2 leaves 1/2 -+ z / 2 sqrt(n +
        # z^2).
        (0, 10, 0.0, 3.841459 / 13.841459),
        (10, 10, 10 / 13.841459, 1.0),
        (50, 100, 0.5 - 1.959964 / 2 / 103.841459**0.5, 0.5 + 1.959964 / 2 / 103.841459**0.5),
        # Published: Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_interval_by_hand(successes: int, n: int, low: float, high: float) -> None:
    assert wilson_interval(successes, n) == pytest.approx((low, high), abs=5e-5)


def test_wilson_interval_at_another_confidence_is_narrower() -> None:
    low, high = wilson_interval(30, 40, confidence=0.8)
    wide_low, wide_high = wilson_interval(30, 40)
    assert wide_low < low < 0.75 < high < wide_high


@given(n=st.integers(1, 10_000), data=st.data())
def test_wilson_interval_holds_its_share_and_stays_in_range(n: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, n))
    low, high = wilson_interval(successes, n)
    assert 0 <= low <= successes / n + 1e-12
    assert successes / n - 1e-12 <= high <= 1
    mirrored = wilson_interval(n - successes, n)
    assert (1 - high, 1 - low) == pytest.approx(mirrored, abs=1e-12)


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (-1, 5), (6, 5)])
def test_wilson_interval_refuses_wrong_counts(successes: int, n: int) -> None:
    with pytest.raises(DataError, match="0 <= successes <= n"):
        wilson_interval(successes, n)
    with pytest.raises(DataError, match="between 0 and 1"):
        wilson_interval(1, 2, confidence=95)


def test_ece_weighs_the_gaps_by_images() -> None:
    # Three at 0.9 of which two are right, one at 0.6 that is wrong.
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.6, 0.4]])
    labels = np.array([0, 0, 1, 1])
    bins = reliability_bins(labels, probabilities)
    assert bins.ece == pytest.approx(3 / 4 * (0.9 - 2 / 3) + 1 / 4 * 0.6)
    used = bins.counts > 0
    assert bins.counts[used].tolist() == [1, 3]
    assert bins.confidence[used] == pytest.approx([0.6, 0.9])
    assert bins.accuracy[used] == pytest.approx([0, 2 / 3])
    assert np.isnan(bins.accuracy[~used]).all()


def test_ece_does_not_cancel_between_bins_but_does_within_one() -> None:
    low_right = np.array([[0.55, 0.45], [0.95, 0.05]])
    assert expected_calibration_error(np.array([0, 1]), low_right) == pytest.approx(
        (0.45 + 0.95) / 2
    )
    assert expected_calibration_error(np.array([0, 1]), low_right, n_bins=1) == pytest.approx(0.25)


def test_a_confidence_on_an_edge_belongs_to_the_bin_below() -> None:
    for k, n_bins in ((9, 15), (10, 15), (12, 15), (6, 10), (7, 10)):
        share = k / n_bins
        bins = reliability_bins(np.array([0]), np.array([[share, 1 - share]]), n_bins=n_bins)
        assert np.flatnonzero(bins.counts).tolist() == [k - 1]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 200),
    classes=st.integers(2, 8),
    n_bins=st.integers(1, 20),
)
def test_ece_matches_its_definition(seed: int, n: int, classes: int, n_bins: int) -> None:
    labels, probabilities = drawn(seed, n, classes, classes)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    expected = 0.0
    for i in range(n_bins):
        inside = (confidence > i / n_bins) & (confidence <= (i + 1) / n_bins)
        if inside.any():
            expected += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())
    assert expected_calibration_error(labels, probabilities, n_bins=n_bins) == pytest.approx(
        expected, abs=1e-9
    )


def test_bins_as_rows_for_json() -> None:
    rows = reliability_bins(np.array([0]), np.array([[0.9, 0.1]]), n_bins=2).to_dicts()
    assert rows == [
        {"low": 0.0, "high": 0.5, "n": 0, "confidence": None, "accuracy": None},
        {"low": 0.5, "high": 1.0, "n": 1, "confidence": 0.9, "accuracy": 1.0},
    ]


def test_a_true_class_of_probability_zero_costs_a_finite_price() -> None:
    price = negative_log_likelihood(np.array([1]), np.array([[1.0, 0.0]]))
    assert price == pytest.approx(-np.log(np.finfo(float).eps))


@pytest.mark.parametrize(
    ("labels", "probabilities", "message"),
    [
        ([], np.zeros((0, 2)), "check that the split is not empty"),
        ([0], np.array([0.5, 0.5]), r"shape \(n, c\)"),
        ([0, 1], np.array([[0.5, 0.5]]), "Expected 1 labels"),
        ([0], np.array([[0.2, 0.3, 0.5]]), "Expected 2 probabilities per image"),
        ([0], np.array([[np.nan, 0.5]]), "Expected finite probabilities.*row 0"),
        ([0], np.array([[2.0, -1.0]]), "apply softmax to logits"),
        ([0], np.array([[3.0, 1.0]]), "sums to 4"),
        ([2], np.array([[0.5, 0.5]]), r"labels in 0\.\.1, got 2\.\.2"),
        ([-1], np.array([[0.5, 0.5]]), r"labels in 0\.\.1, got -1"),
        ([0.0], np.array([[0.5, 0.5]]), "integer labels, got dtype float64"),
    ],
)
def test_wrong_inputs_are_refused(
    labels: list[int], probabilities: np.ndarray, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        classification_metrics(np.array(labels), probabilities, ["sad", "happy"])


@pytest.mark.parametrize("twin", [np.array([True]), np.array([0, 1])])
def test_twins_must_have_an_entry_for_every_image(twin: np.ndarray) -> None:
    with pytest.raises(DataError, match="has_twin as bool"):
        classification_metrics(np.array([0, 1]), np.eye(2), ["sad", "happy"], has_twin=twin)


def test_at_least_one_bin_is_required() -> None:
    with pytest.raises(DataError, match="at least one bin"):
        reliability_bins(np.array([0]), np.array([[0.5, 0.5]]), n_bins=0)
