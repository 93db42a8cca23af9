"""Knowledge distillation: learning from a model's predictions as well (G. Hinton et al.,
"Distilling the knowledge in a neural network", 2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ferkit.data.ferplus import FERPLUS_EMOTIONS
from ferkit.errors import UsageError
from ferkit.evaluation.predictors import Predictor, as_predictor, predict_probabilities
from ferkit.evaluation.subject import uses_extra_labels
from ferkit.evaluation.tta import VIEWS, view_images
from ferkit.files import atomic_path

_CHUNK = 1024


@dataclass(frozen=True, eq=False)
class Teacher:
    """Models whose mean prediction over several views of an image is the training target.

    Attributes:
        models: The models.
        columns: For each model, the output column of each class that it teaches.
        extra_labels: Whether one of them learned from other labels than the data's, or may have.
        first: The column of the targets of the first class taught: 0 for labels, the number of
            labels for votes. Defaults to 0.
        views: Views of an image, a key of `ferkit.evaluation.tta.VIEWS`. Defaults to `"ten"`.
    """

    models: list[Predictor]
    columns: list[list[int]]
    extra_labels: bool
    first: int = 0
    views: str = "ten"

    def answers(self, images: np.ndarray, kept: Path, *, quiet: bool) -> np.ndarray:
        """Return the predictions, float32 `(n, c)`; read from `kept` if a resumed training has
        computed them before.

        Args:
            images: uint8 `(n, 48, 48, 1)`.
            kept: An `.npy` file.
            quiet: Show no progress bar.
        """
        if kept.is_file():
            before: np.ndarray = np.load(kept)
            if len(before) == len(images):
                return before
        rows = self._ask(images, quiet)
        kept.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(kept) as partial, partial.open("wb") as file:
            np.save(file, rows)
        return rows

    def _ask(self, images: np.ndarray, quiet: bool) -> np.ndarray:
        from rich.console import Console
        from rich.progress import track

        rows = np.zeros((len(images), len(self.columns[0])))
        console = Console(stderr=True, quiet=quiet)
        chunks = range(0, len(images), _CHUNK)
        for start in track(chunks, "Asking the teacher", console=console, transient=True):
            part = images[start : start + _CHUNK]
            for model, columns in zip(self.models, self.columns, strict=True):
                for view in VIEWS[self.views]:
                    answer = predict_probabilities(model, view_images(part, view))
                    rows[start : start + _CHUNK] += answer[:, columns]
        shares: np.ndarray = rows / rows.sum(axis=1, keepdims=True)
        return shares.astype(np.float32)


def open_teacher(
    names: Sequence[str], emotions: tuple[str, ...], *, votes: bool = False, views: str = "ten"
) -> Teacher:
    """Return the models whose predictions are taught together.

    Models that know contempt have learned FER+'s votes: they teach the votes if these are learned;
    all others teach the labels.

    Args:
        names: Shipped models, run folders, `.keras` or `.onnx` files.
        emotions: Classes of the data, which each must know.
        votes: Whether FER+'s votes are learned. Defaults to False.
        views: Views of an image, a key of `ferkit.evaluation.tta.VIEWS`. Defaults to `"ten"`.

    Raises:
        UsageError: A model does not know all classes, or some know contempt and others do not.
        ModelError: A model is missing or broken.
    """
    asked = FERPLUS_EMOTIONS if votes else emotions
    models = [as_predictor(name, emotions=asked) for name in names]
    know_votes = [votes and set(FERPLUS_EMOTIONS) <= set(model.emotions) for model in models]
    if any(know_votes) and not all(know_votes):
        raise UsageError(
            f"Of the teachers {', '.join(names)}, some know contempt and teach FER+'s votes, "
            "others do not and teach the labels; name teachers of one kind."
        )
    taught = FERPLUS_EMOTIONS if any(know_votes) else emotions
    columns = [_columns(name, model, taught) for name, model in zip(names, models, strict=True)]
    # A file that does not state it may have learned from extra labels.
    extra = [
        uses_extra_labels(name, model) is not False
        for name, model in zip(names, models, strict=True)
    ]
    first = len(emotions) if any(know_votes) else 0
    return Teacher(models, columns, any(extra), first, views)


def _columns(name: str, model: Predictor, taught: Sequence[str]) -> list[int]:
    """Return the output column of `model` for each class that it teaches."""
    known = list(model.emotions)
    if missing := [emotion for emotion in taught if emotion not in known]:
        raise UsageError(
            f"The teacher {name} does not know {', '.join(missing)}; it knows {', '.join(known)}."
        )
    return [known.index(emotion) for emotion in taught]


def blended(targets: np.ndarray, answers: np.ndarray, weight: float, first: int = 0) -> np.ndarray:
    """Return targets whose columns from `first` on are a weighted mean of targets and the teacher's
    predictions, these with `weight`.

    Example:
        >>> blended(np.array([[1.0, 0.0, 0.3]]), np.array([[0.5, 0.5]]), 0.5).tolist()
        [[0.75, 0.25, 0.3]]
    """
    mixed = targets.copy()
    taught = slice(first, first + answers.shape[1])
    mixed[:, taught] = (1 - weight) * targets[:, taught] + weight * answers
    return mixed
