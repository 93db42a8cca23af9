"""The recogniser of a command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferkit.cli.parts.model_file import model_file

if TYPE_CHECKING:
    from ferkit.inference.recognizer import EmotionRecognizer


def make_recognizer(
    model: str,
    detector: str,
    detail: str = "normal",
    threads: int | None = None,
    min_face: float = 0,
    *,
    many: bool,
) -> EmotionRecognizer:
    """Load what is needed; of many pictures each is one thread's work, for one the libraries use
    them all.
    """
    import cv2

    from ferkit.inference.detectors import create_detector
    from ferkit.inference.parallel import usable_cores
    from ferkit.inference.recognizer import EmotionRecognizer

    within = 1 if many else threads or usable_cores()
    cv2.setNumThreads(within)
    return EmotionRecognizer(
        model_file(model),
        create_detector(detector, threads=within),
        threads,
        detail=detail,
        min_face=min_face,
    )
