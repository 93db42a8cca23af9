"""Downloading FER-2013 from Kaggle with kagglehub, with one sentence for each failure."""

from __future__ import annotations

import logging
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Final

from ferkit.errors import DownloadError, FerkitError, MissingDependencyError, OutputError
from ferkit.files import cache_folder

# With its version, or else kagglehub asks Kaggle for the newest one even when it has a copy.
_OWNER, _NAME, _VERSION = "msambare", "fer2013", "1"
HANDLE: Final = f"{_OWNER}/{_NAME}/versions/{_VERSION}"
PAGE: Final = f"https://www.kaggle.com/datasets/{_OWNER}/{_NAME}"

_SECONDS_TO_CONNECT = 20


def fetch(staging: Path) -> Path:
    """Download the data set into `staging`, continuing with what an interrupted call left there.

    Credentials (`kaggle.json`, `KAGGLE_USERNAME` and `KAGGLE_KEY`, `KAGGLE_API_TOKEN`) are used
    if there are any. Progress goes to stderr.

    Args:
        staging: A folder for kagglehub, on the disk of the final folder.

    Returns:
        The folder with `train/` and `test/`: below `staging`, or where a Kaggle or Colab notebook
        keeps its own copy.

    Raises:
        DownloadError: Kaggle cannot be reached, refuses, or sends something broken.
        OutputError: The disk is full or `staging` cannot be written.
        MissingDependencyError: kagglehub is not installed.
    """
    kagglehub = _import_kagglehub()
    import requests

    with _kagglehub_in(staging):
        while True:
            before = bytes_in(staging)
            try:
                _check_reachable()
                return Path(kagglehub.dataset_download(HANDLE))
            except Exception as error:
                # A connection that breaks after a while is worth another attempt, which continues
                # from there.
                broke_off = isinstance(error, requests.RequestException)
                if broke_off and before < bytes_in(staging):
                    continue
                raise explain(error, staging) from error


def explain(error: Exception, staging: Path) -> FerkitError:
    """Return the one sentence about `error`: what happened, and what to do; discard what is
    damaged.
    """
    import requests
    from kagglehub.exceptions import DataCorruptionError

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return _refused(error.response.status_code)
    if isinstance(error, requests.RequestException):
        if bytes_in(staging):
            return DownloadError(
                "The connection to Kaggle broke off; run the same command again to continue, "
                f"or {by_hand()}."
            )
        return DownloadError(f"Kaggle cannot be reached; {by_hand()}.")
    if isinstance(error, OSError):
        return OutputError(
            f"Cannot write the download to {staging.parent}: {error.strerror or error}. "
            "Free 200 MB there, or choose another folder."
        )
    if isinstance(error, ValueError) and "credentials" in str(error):
        return DownloadError(f"{error}; repair or remove it, as FER-2013 needs no login.")
    discard(staging)
    wrong_sum = isinstance(error, DataCorruptionError)
    detail = "its checksum is wrong" if wrong_sum else str(error) or type(error).__name__
    return DownloadError(
        f"The download from Kaggle arrived damaged ({detail}) and was removed; "
        f"run the same command again, or {by_hand()}."
    )


def by_hand() -> str:
    """Return the alternative to the download, as the end of a sentence."""
    return (
        f"download archive.zip from {PAGE} in a browser and name it with data=... or FERKIT_DATA, "
        f"or put it at {manual_zip()}"
    )


def manual_zip() -> Path:
    """Return where a zip that was downloaded by hand is found without naming it."""
    return cache_folder() / "fer2013.zip"


def kagglehub_copy() -> Path | None:
    """Return the finished copy in kagglehub's own cache, if other software has left one there."""
    chosen = os.environ.get("KAGGLEHUB_CACHE")
    cache = Path(chosen) if chosen else Path.home() / ".cache" / "kagglehub"
    base = cache / "datasets" / _OWNER / _NAME
    folder = base / "versions" / _VERSION
    marker = base / f"{_VERSION}.complete"
    # These of os.path say no, rather than raise, where nothing may be looked at.
    return folder if os.path.isfile(marker) and os.path.isdir(folder) else None


def _refused(status: int) -> DownloadError:
    if status in (401, 403):
        reason = (
            f"Kaggle refused the download (HTTP {status}); "
            "check your Kaggle credentials or remove them, as this data set needs no login"
        )
    elif status == 404:
        reason = f"Kaggle no longer has the data set {HANDLE} (HTTP 404)"
    else:
        reason = f"Kaggle answered with HTTP {status}; try again later"
    return DownloadError(f"{reason}, or {by_hand()}.")


def _check_reachable() -> None:
    """Check that Kaggle answers, because kagglehub would wait forever on a silent network."""
    import requests
    from kagglesdk.kaggle_env import get_endpoint, get_env

    # Notebooks at Kaggle and Colab have the data at hand, also without a network.
    if not {"KAGGLE_KERNEL_RUN_TYPE", "TBE_RUNTIME_ADDR"} & os.environ.keys():
        requests.head(get_endpoint(get_env()), timeout=_SECONDS_TO_CONNECT)


def _import_kagglehub() -> ModuleType:
    try:
        import kagglehub
    except ImportError as error:
        raise MissingDependencyError.of("kagglehub", "Downloading FER-2013", "train") from error
    module: ModuleType = kagglehub
    return module


@contextmanager
def _kagglehub_in(staging: Path) -> Iterator[None]:
    """Let kagglehub keep its files in `staging` and talk to stderr: stdout is for results."""
    before = os.environ.get("KAGGLEHUB_CACHE")
    os.environ["KAGGLEHUB_CACHE"] = str(staging)
    handlers = [
        handler
        for handler in logging.getLogger("kagglehub").handlers
        if type(handler) is logging.StreamHandler
    ]
    streams = [handler.stream for handler in handlers]
    try:
        for handler in handlers:
            handler.stream = sys.stderr
        with redirect_stdout(sys.stderr):
            yield
    finally:
        for handler, stream in zip(handlers, streams, strict=True):
            handler.stream = stream
        if before is None:
            del os.environ["KAGGLEHUB_CACHE"]
        else:
            os.environ["KAGGLEHUB_CACHE"] = before


def bytes_in(staging: Path) -> int:
    """Return how many bytes of the download have arrived."""
    return sum(path.stat().st_size for path in staging.rglob("*.archive"))


def discard(staging: Path) -> None:
    """Remove what has arrived, so that the next call begins again."""
    shutil.rmtree(staging / "datasets", ignore_errors=True)
