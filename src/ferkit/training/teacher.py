"""Learning from another model's answers too (G. Hinton et al., "Distilling the knowledge in a
neural network", 2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ferkit.errors import UsageError
from ferkit.evaluation.predictors import Predictor, as_predictor, predict_probabilities
from ferkit.evaluation.subject import uses_extra_labels
from ferkit.evaluation.tta import VIEWS, view_images
from ferkit.files import atomic_path

_CHUNK = 1024


@dataclass(frozen=True, eq=False)
class Teacher:
    """Models whose mean answer over ten views of an image is taught.

    Attributes:
        models: What predicts.
        columns: For each model, the column of each class of the data.
        extra_labels: Whether one of them learned from other labels than the data's, or may have.
    """

    models: list[Predictor]
    columns: list[list[int]]
    extra_labels: bool

    def answers(self, images: np.ndarray, kept: Path, *, quiet: bool) -> np.ndarray:
        """Return float32 `(n, c)`; read from `kept` where a training that continues has asked
        before.

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
                for view in VIEWS["ten"]:
                    answer = predict_probabilities(model, view_images(part, view))
                    rows[start : start + _CHUNK] += answer[:, columns]
        shares: np.ndarray = rows / rows.sum(axis=1, keepdims=True)
        return shares.astype(np.float32)


def open_teacher(names: Sequence[str], emotions: tuple[str, ...]) -> Teacher:
    """Return the models that teach together.

    Args:
        names: Shipped models, run folders, `.keras` or `.onnx` files.
        emotions: Classes of the data, which each must know.

    Raises:
        UsageError: A model does not know all of them.
        ModelError: A model is missing or broken.
    """
    models = [as_predictor(name) for name in names]
    columns = []
    for name, model in zip(names, models, strict=True):
        known = list(model.emotions)
        if missing := [emotion for emotion in emotions if emotion not in known]:
            raise UsageError(
                f"The teacher {name} does not know {', '.join(missing)}; it knows "
                f"{', '.join(known)}."
            )
        columns.append([known.index(emotion) for emotion in emotions])
    # Where a file does not say, it may have.
    extra = [
        uses_extra_labels(name, model) is not False
        for name, model in zip(names, models, strict=True)
    ]
    return Teacher(models, columns, any(extra))


def blended(targets: np.ndarray, answers: np.ndarray, weight: float) -> np.ndarray:
    """Return targets whose first columns are, by the share `weight`, the teacher's answers.

    Example:
        >>> blended(np.array([[1.0, 0.0, 0.3]]), np.array([[0.5, 0.5]]), 0.5).tolist()
        [[0.75, 0.25, 0.3]]
    """
    mixed = targets.copy()
    classes = answers.shape[1]
    mixed[:, :classes] = (1 - weight) * targets[:, :classes] + weight * answers
    return mixed
