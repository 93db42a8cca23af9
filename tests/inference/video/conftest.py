"""A recognizer of drawn squares."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from clips import SquareDetector

from ferkit.inference.recognizer import EmotionRecognizer

pytest.importorskip("av")
pytest.importorskip("trackers")


@pytest.fixture
def recognizer(tiny_onnx: Path) -> EmotionRecognizer:
    """Return a recognizer that finds bright squares and classifies their brightness."""
    return EmotionRecognizer(tiny_onnx, detector=SquareDetector(), threads=1)


@pytest.fixture
def with_threads(tiny_onnx: Path) -> Callable[[int], EmotionRecognizer]:
    """Return a function that makes such a recognizer with a given number of threads."""
    return lambda n: EmotionRecognizer(tiny_onnx, detector=SquareDetector(), threads=n)
