"""A recogniser whose threads are distributed for its task."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ferkit.weights import DEFAULT_MODEL

if TYPE_CHECKING:
    from ferkit.inference.recognizer import EmotionRecognizer


def create_recognizer(
    model: str | os.PathLike[str] = DEFAULT_MODEL,
    detector: str = "auto",
    *,
    detail: str = "normal",
    threads: int | None = None,
    min_face: float = 0,
    classes: int | None = None,
    views: str = "flip",
    many: bool = True,
    class_names: Sequence[str] | None = None,
    pixels: str | None = None,
) -> EmotionRecognizer:
    """Load an `EmotionRecognizer` for a whole process: a command, a server or a worker.

    With many pictures, each is processed by one thread; for single pictures, the libraries use all
    threads. OpenCV's number of threads is a setting of the process and is set here.

    Args:
        model: The name of a shipped model, or the path of an `.onnx` file. Defaults to
            `DEFAULT_MODEL`, "small-wild".
        detector: `auto`, `yunet`, `mtcnn` or `none`. Defaults to "auto".
        detail: `normal` or `high`. Defaults to "normal".
        threads: Number of threads. Defaults to None: the cores that this process may use, at
            most 8.
        min_face: Faces whose longer side has fewer pixels are left out. Defaults to 0.
        classes: 8 includes contempt, for a model that knows it. Defaults to None: the seven
            emotions.
        views: `flip`, the mean over a face and its mirror image, or `one`. Defaults to "flip".
        many: Whether many pictures are recognised at once. Defaults to True.
        class_names: See `EmotionRecognizer`. Defaults to None.
        pixels: See `EmotionRecognizer`. Defaults to None.

    Raises:
        UsageError: There is no such model or detector, or an option is out of range.
        ModelError: The model's file is missing, broken or not a classifier of faces.
        DownloadError: YuNet was requested and cannot be downloaded.

    Example:
        >>> create_recognizer("nano-fer2013", "none", threads=2).threads
        2
    """
    from ferkit.inference.detectors import create_detector
    from ferkit.inference.opencv import load_cv2
    from ferkit.inference.parallel import usable_cores
    from ferkit.inference.recognizer import EmotionRecognizer

    within = 1 if many else threads or usable_cores()
    load_cv2().setNumThreads(within)
    return EmotionRecognizer(
        model,
        create_detector(detector, threads=within),
        threads,
        detail=detail,
        min_face=min_face,
        class_names=class_names,
        pixels=pixels,
        classes=classes,
        views=views,
    )
