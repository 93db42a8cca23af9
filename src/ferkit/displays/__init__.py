"""Figures of trainings, evaluations and data sets."""

from __future__ import annotations

from ferkit.displays.confusion import ConfusionMatrixDisplay
from ferkit.displays.reliability import ReliabilityDisplay
from ferkit.displays.sample_grid import SampleGridDisplay
from ferkit.displays.training_curves import TrainingCurvesDisplay

__all__ = [
    "ConfusionMatrixDisplay",
    "ReliabilityDisplay",
    "SampleGridDisplay",
    "TrainingCurvesDisplay",
]
