"""What a finished training left, and the one place that scores its test split."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ferkit.data.dataset import FerDataset
from ferkit.runs.folder import RunFolder


@dataclass(frozen=True)
class TrainingResult:
    """What a finished training left.

    Attributes:
        folder: The run folder.
        metrics: The content of `metrics.json`.
        model: The `.keras` file of the best epoch.
        report: The `report.html`.
    """

    folder: Path
    metrics: dict[str, Any]
    model: Path
    report: Path


def score(run: RunFolder, dataset: FerDataset) -> TrainingResult:
    """Measure the model of a run on every split, test included, draw, and end the training.

    Args:
        run: A fitted run.
        dataset: The data to measure on.

    Raises:
        ModelError: The folder holds no model.
        OutputError: The folder cannot be written.
    """
    from ferkit.evaluation.evaluate import evaluate_run

    metrics = evaluate_run(run.path, dataset)
    run.finish()
    return TrainingResult(run.path, metrics, run.model, run.report)
