"""`download_fer2013`: download the complete data set from Kaggle."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ferkit.data import kaggle
from ferkit.data.official import count_files, first_difference
from ferkit.errors import DownloadError, OutputError
from ferkit.files import cache_folder
from ferkit.locks import locked_folder


def default_folder() -> Path:
    """Return the default folder of the data set: `fer2013` in ferkit's cache folder."""
    return cache_folder() / "fer2013"


def download_fer2013(to: str | os.PathLike[str] | None = None) -> Path:
    """Download FER-2013 from Kaggle (`msambare/fer2013`, 61 MB, 35,887 files) and check that it is
    complete.

    An existing complete copy is returned at once, and an interrupted download continues. The folder
    gets its name only when it is complete.

    Args:
        to: The folder to create. Defaults to None: `fer2013` in ferkit's cache folder, unless
            kagglehub's own cache holds a complete copy.

    Returns:
        The folder with `train/` and `test/`.

    Raises:
        DownloadError: Kaggle cannot be reached, refuses, or sends something else; or `to` holds
            something else.
        OutputError: The disk is full, or the folder cannot be written.
        MissingDependencyError: kagglehub is not installed.

    Example:
        >>> folder = download_fer2013("fer2013")  # doctest: +SKIP
    """
    target = default_folder() if to is None else Path(to).expanduser().absolute()
    if is_taken(target):
        check_complete(target)
        return target
    copy = kaggle.kagglehub_copy()
    if copy and first_difference(count_files(copy)):
        copy = None
    if copy and to is None:
        return copy
    with _staging(target) as staging:
        if copy:
            print(f"Copying {copy}, which kagglehub has downloaded before.", file=sys.stderr)
        else:
            print(f"Downloading FER-2013 from {kaggle.PAGE}", file=sys.stderr)
            copy = kaggle.fetch(staging)
            _check_fetched(copy, staging)
        if copy.is_relative_to(staging):
            _move(copy, target)
        elif to is None:
            target = copy  # a notebook's own, read-only copy
        else:
            shutil.copytree(copy, staging / "copy", dirs_exist_ok=True)
            _move(staging / "copy", target)
    return target


def downloaded_copy() -> Path | None:
    """Return the copy of FER-2013 on this machine: ferkit's folder, a zip put next to it, or
    kagglehub's; else None.

    Raises:
        DownloadError: ferkit's folder is there but is not complete.
    """
    if is_taken(default_folder()):
        check_complete(default_folder())
        return default_folder()
    if os.path.isfile(kaggle.manual_zip()):
        return kaggle.manual_zip()
    copy = kaggle.kagglehub_copy()
    return copy if copy and first_difference(count_files(copy)) is None else None


def is_taken(folder: Path) -> bool:
    """Return whether `folder` exists and is not empty.

    Raises:
        OutputError: It is not accessible.
    """
    try:
        status = folder.stat()
        return not stat.S_ISDIR(status.st_mode) or any(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise OutputError(
            f"Cannot use {folder}: {error.strerror or error}; "
            "choose another folder, or another cache folder with FERKIT_CACHE."
        ) from error


def check_complete(folder: Path) -> None:
    """Raise unless `folder` holds the complete FER-2013.

    Raises:
        DownloadError: Files are missing or unexpected, or `folder` is a file.
    """
    if not folder.is_dir():
        raise DownloadError(f"{folder} is a file; name a new folder for FER-2013.")
    difference = first_difference(count_files(folder))
    if difference:
        raise DownloadError(
            f"{folder} is there but is not the complete FER-2013 ({difference}); "
            "remove it, or name another folder."
        )


def _check_fetched(fetched: Path, staging: Path) -> None:
    """Raise, and remove the download, unless it is FER-2013."""
    difference = first_difference(count_files(fetched))
    if difference:
        kaggle.discard(staging)
        raise DownloadError(
            f"Kaggle sent something other than the complete FER-2013 ({difference}) and it was "
            "removed; "
            f"{kaggle.by_hand()}."
        )


@contextmanager
def _staging(target: Path) -> Iterator[Path]:
    """Yield a hidden folder next to `target`.

    It is kept only if an interrupted download can be continued.
    """
    staging = target.with_name(f".{target.name}.download")
    done = False
    try:
        staging.mkdir(parents=True, exist_ok=True)
        busy = f"Another process is downloading to {target}; wait for it, or stop it first."
        with locked_folder(staging, DownloadError(busy)):
            try:
                yield staging
                done = True
            finally:
                if done or not kaggle.bytes_in(staging):
                    shutil.rmtree(staging, ignore_errors=True)
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(
            f"Cannot write {target}: {error.strerror or error}. Choose another folder."
        ) from error


def _move(source: Path, target: Path) -> None:
    if target.is_dir():
        target.rmdir()  # an empty one
    source.rename(target)
