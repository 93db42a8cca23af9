"""Out-of-fold predictions, by models that have seen neither an image nor any copy of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ferkit.audit.copies import TRAIN
from ferkit.audit.features import compress, gradient_histograms
from ferkit.audit.folds import N_FOLDS, picture_folds
from ferkit.audit.kernel_ridge import KernelRidge
from ferkit.audit.progress import AuditProgress
from ferkit.audit.state import AuditState
from ferkit.data.dataset import FerDataset


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """Predictions for a whole data set.

    Attributes:
        probabilities: `float64` `(n, c)`, rows sum to 1.
        temperature: Temperature that divided the models' scores.
    """

    probabilities: np.ndarray
    temperature: float

    def accuracy(self, labels: np.ndarray, chosen: np.ndarray) -> float | None:
        """Return the accuracy on the `chosen` images, or None if there are none."""
        hits = self.probabilities[chosen].argmax(axis=1) == labels[chosen]
        return float(hits.mean()) if len(hits) else None


def out_of_fold(
    dataset: FerDataset,
    picture: np.ndarray,
    seed: int,
    state: AuditState,
    progress: AuditProgress,
) -> OutOfFold:
    """Predict all images with models fitted only on training images.

    A training image is predicted by the model of the four folds without copies of it. A validation
    or test image is predicted by the model of all training images, or, if it has a copy in train,
    by the model that has not seen the copy.

    Args:
        dataset: The data set.
        picture: `int64` `(n,)`, number of the picture that an image is a copy of.
        seed: Seed for folds and landmarks.
        state: Stores finished steps.
        progress: Shows the progress.

    Raises:
        OutputError: A finished step cannot be stored.
    """
    train = dataset.splits == TRAIN
    folds = np.full(len(dataset), -1)
    folds[train] = picture_folds(picture[train], dataset.labels[train], seed)
    with progress.step("Features") as tick:
        features = state.array(
            "features", lambda: compress(gradient_histograms(dataset.images, tick=tick), train)
        )
    models: list[KernelRidge] = []
    unseen = _fold_that_holds(picture, folds)
    scores = np.zeros((len(dataset), len(dataset.emotions)))
    parts: list[int | None] = [*range(N_FOLDS), None]
    names = {part: f"scores-{N_FOLDS if part is None else part}" for part in parts}

    def compute(part: int | None) -> np.ndarray:
        members = np.flatnonzero(unseen == (-1 if part is None else part))
        model = models[0]
        return model.scores(model.fit(part), members)

    with progress.step("Sums for the models") as tick:
        if not all(state.has(name) for name in names.values()):
            classes = len(dataset.emotions)
            models.append(KernelRidge(features, dataset.labels, folds, classes, seed, tick=tick))
    with progress.step("Predictions") as tick:
        for done, part in enumerate(parts, start=1):
            members = unseen == (-1 if part is None else part)
            scores[members] = state.array(names[part], lambda part=part: compute(part))  # type: ignore[misc]
            tick(done / len(parts))
    temperature = scores_temperature(scores[train], dataset.labels[train])
    return OutOfFold(softmax(scores / temperature), temperature)


def scores_temperature(scores: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature with which the softmax of scores gives the labels the highest
    likelihood.
    """
    from scipy.optimize import minimize_scalar

    def loss(log_temperature: float) -> float:
        probabilities = softmax(scores / np.exp(log_temperature))
        return float(-np.log(probabilities[np.arange(len(labels)), labels] + 1e-12).mean())

    best = minimize_scalar(loss, bounds=(np.log(0.01), np.log(2)), method="bounded")
    return float(np.exp(best.x))


def softmax(scores: np.ndarray) -> np.ndarray:
    """Return probabilities `(n, c)` from scores."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))
    shares: np.ndarray = raised / raised.sum(axis=1, keepdims=True)
    return shares


def _fold_that_holds(picture: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """Return for every image the fold with it or a copy of it, or -1 if there is none."""
    in_train = folds >= 0
    fold_of = np.full(int(picture.max(initial=0)) + 1, -1)
    fold_of[picture[in_train]] = folds[in_train]
    unseen: np.ndarray = fold_of[picture]
    return unseen
