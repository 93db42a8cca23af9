"""The file of the YuNet detector: named by the user, cached, or fetched once with its checksum
checked.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from ferkit.errors import DownloadError, FerkitError, OutputError, UsageError
from ferkit.files import cache_folder

NAME: Final = "face_detection_yunet_2023mar.onnx"
SHA256: Final = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
# OpenCV's model collection (MIT licence).
URL: Final = f"https://github.com/opencv/opencv_zoo/raw/main/models/face_detection_yunet/{NAME}"

SECONDS_TO_FETCH: Final = 5.0
# After a failure `auto` does not try again for this long, so that work without a network is not
# slowed.
SECONDS_OF_PEACE: Final = 3600.0


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
    if not retry and _age(failure) < SECONDS_OF_PEACE:
        raise DownloadError(f"YuNet could not be fetched a while ago; {_by_hand(folder)}.")
    try:
        path = _fetch_within(wait, folder)
    except DownloadError:
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            failure.touch()
        raise
    failure.unlink(missing_ok=True)
    return path


def _fetch_within(seconds: float, folder: Path) -> Path:
    """Fetch in a thread, since a silent name server or a trickling line can take any time."""
    results: list[Path | FerkitError] = []
    thread = threading.Thread(target=lambda: results.append(_fetch(seconds, folder)), daemon=True)
    thread.start()
    thread.join(seconds)
    if not results:
        raise DownloadError(f"YuNet did not arrive within {seconds:g} s; {_by_hand(folder)}.")
    if isinstance(results[0], FerkitError):
        raise results[0]
    return results[0]


def _fetch(seconds: float, folder: Path) -> Path | FerkitError:
    """Return the fetched file or the one sentence that says why there is none."""
    import pooch
    import requests

    pooch.get_logger().setLevel("ERROR")
    downloader = pooch.HTTPDownloader(timeout=seconds)
    try:
        # pooch checks the sum before the file gets its name.
        return Path(pooch.retrieve(URL, f"sha256:{SHA256}", NAME, folder, downloader=downloader))
    except (requests.RequestException, ValueError) as error:
        wrong = isinstance(error, ValueError) and "hash" in str(error)
        reason = "what came has the wrong checksum" if wrong else type(error).__name__
        return DownloadError(f"YuNet could not be fetched ({reason}); {_by_hand(folder)}.")
    except OSError as error:
        return OutputError(
            f"Cannot write {folder} ({error.strerror or error}); "
            "choose another cache folder with FERKIT_CACHE."
        )


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
