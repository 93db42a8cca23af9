"""Pictures of a training and of an evaluation."""

from __future__ import annotations

from ferkit.evaluation.displays.confusion import ConfusionMatrixDisplay
from ferkit.evaluation.displays.reliability import ReliabilityDisplay
from ferkit.evaluation.displays.sample_grid import SampleGridDisplay
from ferkit.evaluation.displays.training_curves import TrainingCurvesDisplay

__all__ = [
    "ConfusionMatrixDisplay",
    "ReliabilityDisplay",
    "SampleGridDisplay",
    "TrainingCurvesDisplay",
]
