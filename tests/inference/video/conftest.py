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
    """Return a recogniser that finds bright squares and tells their brightness."""
    return EmotionRecognizer(tiny_onnx, detector=SquareDetector(), threads=1)


@pytest.fixture
def with_threads(tiny_onnx: Path) -> Callable[[int], EmotionRecognizer]:
    """Return what makes such a recogniser with so many threads."""
    return lambda n: EmotionRecognizer(tiny_onnx, detector=SquareDetector(), threads=n)
