"""The file of the YuNet detector: named by the user, cached, or fetched once with its checksum
checked.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from ferkit.errors import DownloadError, UsageError
from ferkit.fetching import fetch_file
from ferkit.files import cache_folder

NAME: Final = "face_detection_yunet_2023mar.onnx"
SHA256: Final = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
# OpenCV's model collection (MIT licence).
URL: Final = f"https://github.com/opencv/opencv_zoo/raw/main/models/face_detection_yunet/{NAME}"

SECONDS_TO_FETCH: Final = 5.0
# After a failure `auto` does not try again for this long: no network must not mean slow work.
SECONDS_BETWEEN_TRIES: Final = 3600.0


def yunet_file(*, wait: float = 60.0, retry: bool = True) -> Path:
    """Return the model file: `FERKIT_YUNET`, the cached one, or a download of 232 KB.

    Args:
        wait: Seconds that the download may take. Defaults to 60.0.
        retry: Whether to try although an attempt failed within the last hour. Defaults to True.

    Raises:
        UsageError: `FERKIT_YUNET` names no file.
        DownloadError: It cannot be fetched, or what came is something else.
        OutputError: The cache folder cannot be written.
    """
    chosen = os.environ.get("FERKIT_YUNET", "").strip()
    if chosen:
        if not Path(chosen).is_file():
            raise UsageError(f"FERKIT_YUNET names {chosen}, which is not a file; mend or unset it.")
        return Path(chosen)
    folder = cache_folder() / "detectors"
    if _is_whole(folder / NAME):
        return folder / NAME
    failure = folder / f"{NAME}.failed"
    if not retry and _age(failure) < SECONDS_BETWEEN_TRIES:
        raise DownloadError(f"YuNet could not be fetched a while ago; {_by_hand(folder)}.")
    try:
        path = fetch_file(
            URL, SHA256, folder / NAME, what="YuNet", by_hand=_by_hand(folder), seconds=wait
        )
    except DownloadError:
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            failure.touch()
        raise
    failure.unlink(missing_ok=True)
    return path


def _by_hand(folder: Path) -> str:
    return (
        f"download {URL} and put it at {folder / NAME} or name it with FERKIT_YUNET, "
        "or use the detector mtcnn"
    )


def _is_whole(path: Path) -> bool:
    """Say whether the cached file is there and is the right one."""
    import hashlib

    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == SHA256
    except OSError:
        return False


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return float("inf")
