"""The result of a training, and the only function that scores its test split."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ferkit.data.dataset import FerDataset
from ferkit.runs.folder import RunFolder


@dataclass(frozen=True)
class TrainingResult:
    """The result of a finished training.

    Attributes:
        folder: The run folder.
        metrics: The content of `metrics.json`.
        model: Path of the `.keras` file of the best epoch.
        report: Path of `report.html`.
    """

    folder: Path
    metrics: dict[str, Any]
    model: Path
    report: Path


def score(run: RunFolder, dataset: FerDataset) -> TrainingResult:
    """Evaluate the model of a run on every split, including test, draw figures, and finish the run.

    Args:
        run: A fitted run.
        dataset: The data for evaluation.

    Raises:
        ModelError: The folder holds no model.
        OutputError: The folder cannot be written.
    """
    from ferkit.evaluation.evaluate import evaluate_run

    metrics = evaluate_run(run.path, dataset)
    run.finish()
    return TrainingResult(run.path, metrics, run.model, run.report)
