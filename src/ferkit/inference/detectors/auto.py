"""Detectors by name; `auto` takes YuNet where it can be had quickly, else MTCNN."""

from __future__ import annotations

import sys
from typing import Final

from ferkit.errors import DownloadError, OutputError, UsageError
from ferkit.inference.detectors.protocol import FaceDetector

DETECTORS: Final = ("auto", "yunet", "mtcnn", "none")


def create_detector(name: str = "auto", *, threads: int | None = None) -> FaceDetector:
    """Return the detector of this name.

    Args:
        name: `yunet`, `mtcnn`, `none` (the image is the face) or `auto`: YuNet if its file is there
            or can be had within 5 seconds, else MTCNN, said once on standard error. Defaults to
            "auto".
        threads: Threads within a network of MTCNN; YuNet takes what `cv2.setNumThreads` says.
            Defaults to None: all cores that this process may use.

    Raises:
        UsageError: There is no such detector.
        DownloadError: YuNet was asked for and cannot be fetched.
        ModelError: The file that `FERKIT_YUNET` names is no face detector.

    Example:
        >>> create_detector("none").name
        'none'
    """
    if name == "none":
        from ferkit.inference.detectors.none import NoDetector

        return NoDetector()
    if name == "yunet":
        from ferkit.inference.detectors.yunet import YuNetDetector

        return YuNetDetector()
    if name == "mtcnn":
        from ferkit.inference.detectors.mtcnn import MtcnnDetector

        return MtcnnDetector(threads=threads)
    if name == "auto":
        return _auto(threads)
    raise UsageError(f"There is no detector {name!r}; choose from {', '.join(DETECTORS)}.")


def _auto(threads: int | None) -> FaceDetector:
    from ferkit.inference.detectors.yunet import YuNetDetector
    from ferkit.inference.detectors.yunet_file import SECONDS_TO_FETCH, yunet_file

    try:
        path = yunet_file(wait=SECONDS_TO_FETCH, retry=False)
    except (DownloadError, OutputError) as error:
        reason = str(error).partition(";")[0].rstrip(".")
        _say("MTCNN", f" ({reason}; FERKIT_YUNET may name a copy of its file)")
        return create_detector("mtcnn", threads=threads)
    _say("YuNet")
    return YuNetDetector(path)


_SAID: Final[set[str]] = set()


def _say(name: str, reason: str = "") -> None:
    """Tell the user once in a process."""
    if name not in _SAID:
        _SAID.add(name)
        print(f"ferkit: {name} finds the faces{reason}", file=sys.stderr)
