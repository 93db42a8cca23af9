"""`yunet`: Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023, through OpenCV."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import numpy as np

from ferkit.errors import ModelError
from ferkit.inference.detectors.protocol import Faces
from ferkit.inference.detectors.yunet_file import yunet_file

# What OpenCV's own demo and the WIDER Face evaluation of the model use for non-maximum suppression.
_OVERLAP = 0.3
_MOST_FACES = 5000

_LOADING = threading.Lock()


class YuNetDetector:
    """Finds faces of about 10 to 400 pixels.

    Args:
        path: The model file. Defaults to None: `FERKIT_YUNET`, or the cached download.
        threshold: Lowest score that counts as a face, 0..1. Defaults to 0.6.

    Raises:
        DownloadError: There is no such file and it cannot be fetched.
        ModelError: The file is no face detector.
    """

    name = "yunet"

    def __init__(
        self, path: str | os.PathLike[str] | None = None, *, threshold: float = 0.6
    ) -> None:
        self._path = yunet_file() if path is None else Path(path)
        self._threshold = threshold
        # OpenCV's detector remembers the image size, so threads cannot share one.
        self._local = threading.local()
        self._net()

    def detect(self, image: np.ndarray) -> Faces:
        """Find the faces in a `uint8` `(h, w, 3)` RGB image."""
        import cv2

        net = self._net()
        height, width = image.shape[:2]
        net.setInputSize((width, height))
        _, rows = net.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        if rows is None:
            return Faces.none()
        rows = rows[np.isfinite(rows).all(axis=1) & (rows[:, 2:4] > 0).all(axis=1)]
        rows = rows.astype(np.float32)
        xyxy = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:4]], axis=1)
        return Faces(xyxy, rows[:, 14].clip(0, 1), rows[:, 4:14].reshape(-1, 5, 2))

    def _net(self) -> Any:
        if not hasattr(self._local, "net"):
            self._local.net = _load(self._path, self._threshold)
        return self._local.net


def _load(path: Path, threshold: float) -> Any:
    # The log level belongs to the process: threads that load at once would undo each other's.
    with _LOADING:
        return _load_quietly(path, threshold)


def _load_quietly(path: Path, threshold: float) -> Any:
    import cv2

    log = cv2.utils.logging
    level = log.getLogLevel()
    # OpenCV 5 warns at every load that its new engine has only one target.
    log.setLogLevel(log.LOG_LEVEL_SILENT)
    try:
        # As bytes, since OpenCV cannot open every path on Windows.
        content = np.frombuffer(path.read_bytes(), np.uint8)
        empty = np.empty(0, np.uint8)
        return cv2.FaceDetectorYN.create(
            "onnx", content, empty, (320, 320), threshold, _OVERLAP, _MOST_FACES
        )
    except (OSError, cv2.error, SystemError) as error:
        reason = getattr(error, "strerror", None) or "not a YuNet model"
        raise ModelError(
            f"The face detector {path} cannot be loaded ({reason}); "
            "name another file with FERKIT_YUNET, or use the detector mtcnn."
        ) from error
    finally:
        log.setLogLevel(level)
