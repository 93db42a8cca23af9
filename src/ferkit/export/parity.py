"""Comparison of an exported file with its model, on images."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ferkit.data.dataset import FerDataset
from ferkit.evaluation.predictors import Predictor, labels_for, predict_probabilities
from ferkit.labels import IMAGE_SIZE

_NOISE_IMAGES = 256


@dataclass(frozen=True)
class Parity:
    """The comparison of an exported file with its source model.

    Attributes:
        images: Description of the images.
        n: Number of images.
        reference: Description of the model.
        largest_difference: Largest difference of any probability.
        mean_difference: Mean of each image's largest difference.
        agreement: Share of images with the same answer.
        accuracy_reference: Accuracy of the model; None without labels.
        accuracy_exported: Accuracy of the file.
    """

    images: str
    n: int
    reference: str
    largest_difference: float
    mean_difference: float
    agreement: float
    accuracy_reference: float | None
    accuracy_exported: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as JSON values."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Return a summary for users."""
        text = [
            f"compared with {self.reference} on {self.n:,} {self.images}: largest difference of a "
            f"probability {self.largest_difference:.2g} (mean {self.mean_difference:.2g}), "
            f"same answer for {self.agreement:.2%}"
        ]
        if self.accuracy_reference is not None and self.accuracy_exported is not None:
            text.append(
                f"accuracy {self.accuracy_reference:.2%} before, {self.accuracy_exported:.2%} "
                "exported"
            )
        return text


def compare(
    reference: Predictor,
    exported: Predictor,
    data: FerDataset | None,
    described: str,
    *,
    before: np.ndarray | None = None,
) -> Parity:
    """Compare two predictors of the same classes.

    Args:
        reference: The model before the export.
        exported: The file.
        data: Data set whose validation images are compared; None for generated noise.
        described: Description of `reference`.
        before: Probabilities of `reference` on these images, if they are known. Defaults to None:
            they are computed.

    Raises:
        DataError: `data` has no validation split, or labels that the model does not know.
    """
    truth = None
    if data is None:
        images, words = noise_images(), "images of noise (no data was given)"
    else:
        split = data.split("validation")
        images, words = split.images, "validation images"
        truth = labels_for(split.labels, data.emotions, reference.emotions)
    if before is None:
        before = predict_probabilities(reference, images)
    after = predict_probabilities(exported, images)
    apart = np.abs(before - after).max(axis=1)
    answers = before.argmax(axis=1), after.argmax(axis=1)
    return Parity(
        images=words,
        n=len(images),
        reference=described,
        largest_difference=float(apart.max()),
        mean_difference=float(apart.mean()),
        agreement=float((answers[0] == answers[1]).mean()),
        accuracy_reference=None if truth is None else float((answers[0] == truth).mean()),
        accuracy_exported=None if truth is None else float((answers[1] == truth).mean()),
    )


def noise_images(n: int = _NOISE_IMAGES) -> np.ndarray:
    """Return `uint8` `(n, 48, 48, 1)` of seeded noise of different scales and strengths."""
    rng = np.random.default_rng(0)
    images = []
    for i in range(n):
        cell = (1, 2, 4, 8, 16)[i % 5]
        coarse = rng.normal(size=(IMAGE_SIZE // cell, IMAGE_SIZE // cell))
        fine = np.kron(coarse, np.ones((cell, cell)))
        images.append(rng.uniform(40, 215) + rng.uniform(5, 80) * fine)
    return np.stack(images).clip(0, 255).astype(np.uint8)[..., np.newaxis]
