"""The predictions of a model for every image of a split, and their table."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ferkit.files import atomic_path


@dataclass(frozen=True, eq=False)
class SplitPredictions:
    """The images of one split with their true and predicted classes.

    Attributes:
        split: Name of the split, such as `"test"` or `"validation+test"`.
        images: uint8 `(n, 48, 48, 1)`, raw grey pixels.
        sources: str `(n,)`, the source of each image.
        labels: int64 `(n,)`, index into `emotions`.
        probabilities: float64 `(n, c)`, rows sum to 1.
        emotions: Class names of the model.
    """

    split: str
    images: np.ndarray
    sources: np.ndarray
    labels: np.ndarray
    probabilities: np.ndarray
    emotions: tuple[str, ...]

    @property
    def predictions(self) -> np.ndarray:
        """int64 `(n,)`: the most probable class; of equal ones the first."""
        return np.asarray(self.probabilities.argmax(axis=1))

    @property
    def confidences(self) -> np.ndarray:
        """float64 `(n,)`: the probability of the predicted class."""
        return np.asarray(self.probabilities.max(axis=1))

    def __len__(self) -> int:
        return len(self.labels)


def write_predictions(path: str | os.PathLike[str], splits: Iterable[SplitPredictions]) -> None:
    """Write one row per image: source, true and predicted emotion, and confidence.

    Columns: `split, source, true, predicted, correct, confidence`, then one probability per
    class, named after it. An image of two overlapping splits has a row in each.

    Raises:
        OutputError: The file cannot be written.
    """
    parts = list(splits)
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        names = parts[0].emotions if parts else ()
        writer.writerow(["split", "source", "true", "predicted", "correct", "confidence", *names])
        for part in parts:
            guesses, confidences = part.predictions, part.confidences
            for i in range(len(part)):
                true, guess = int(part.labels[i]), int(guesses[i])
                writer.writerow(
                    [
                        part.split,
                        part.sources[i],
                        names[true],
                        names[guess],
                        int(true == guess),
                        f"{confidences[i]:.6f}",
                        *(f"{p:.6f}" for p in part.probabilities[i]),
                    ]
                )
