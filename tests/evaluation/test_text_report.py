"""The classification report equals scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import classification_report as sklearn_report

from ferkit.evaluation.text_report import classification_report, splits_report
from ferkit.labels import EMOTIONS
from ferkit.metrics.scores import classification_metrics


def guesses(n: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 7, n)
    wrong = rng.integers(0, classes, n)
    return labels, np.where(rng.random(n) < 0.6, labels, wrong)


@pytest.mark.parametrize("digits", [2, 4])
def test_same_words_and_figures_as_scikit_learn(digits: int) -> None:
    labels, predicted = guesses(500, 7)
    entry = classification_metrics(labels, np.eye(7)[predicted], EMOTIONS)
    ours = classification_report(entry, digits=digits)
    theirs = sklearn_report(labels, predicted, target_names=EMOTIONS, digits=digits)
    assert ours.split() == theirs.split()
    assert ours.endswith("\n")
    assert len({len(line) for line in ours.splitlines() if line}) == 1, "columns stand in line"


@pytest.mark.parametrize("predicts_contempt", [False, True])
def test_an_eighth_class_is_there_when_it_is_predicted(predicts_contempt: bool) -> None:
    names = [*EMOTIONS, "contempt"]
    labels, predicted = guesses(300, 8 if predicts_contempt else 7)
    entry = classification_metrics(labels, np.eye(8)[predicted], names)
    text = classification_report(entry)
    assert ("contempt" in text) == predicts_contempt
    shown = names if predicts_contempt else EMOTIONS
    theirs = sklearn_report(labels, predicted, target_names=shown, digits=4, zero_division=0)
    assert text.split() == theirs.split()
    macro = next(line for line in text.splitlines() if "macro avg" in line)
    assert float(macro.split()[4]) == pytest.approx(entry["macro_f1"], abs=5e-5)


def test_every_split_has_a_heading_with_its_interval() -> None:
    entry = classification_metrics(np.zeros(1200, int), np.eye(2)[np.arange(1200) % 4 // 3], "ab")
    text = splits_report({"splits": {"train": entry, "test": entry}})
    assert text.count("1,200 images, accuracy 75.00 % (95 % interval 72.47 to 77.37)") == 2
    assert text.index("train:") < text.index("test:")
