"""Checks of output files: never an input, nor a file that ferkit did not write."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from ferkit.errors import ExistingFileError, OutputError, UsageError
from ferkit.formats import IMAGE_SUFFIXES, VIDEO_SUFFIXES

PathLike = str | os.PathLike[str]

# Stands in every picture and video that ferkit writes, as their comment.
MARK: Final = "Written by ferkit"

# How ferkit's other files begin, or what stands within: rows, records, and the figures of an
# evaluation, an audit, a video and an export.
_BEGINNINGS: Final = (
    b"source,time_s,image_width,image_height,face,",
    b'{"source": ',
    b'[\n{"source": ',
    b"[]",
    b"[\n[]",
)
_WITHIN: Final = (
    MARK.encode(),
    b'"accuracy_ci95"',
    b'"near_duplicates"',
    b'"seconds_with_face"',
    b'"parity"',
)
_LOOKED_AT: Final = 256 * 1024


def check_target(
    path: PathLike, *, inputs: Iterable[PathLike] = (), overwrite: bool = False
) -> None:
    """Check that a file may be written.

    Args:
        path: The file to write.
        inputs: Files that are read at the same time and must not be replaced. Defaults to none.
        overwrite: Whether another file of this name may be replaced. Defaults to False: only one
            that ferkit wrote.

    Raises:
        UsageError: It is one of the inputs.
        ExistingFileError: It exists, ferkit did not write it, and `overwrite` is False.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     photo = Path(folder) / "photo.jpg"
        ...     _ = photo.write_bytes(b"precious")
        ...     try:
        ...         check_target(photo)
        ...     except ExistingFileError as error:
        ...         print(str(error).replace(folder, "pictures"))
        pictures/photo.jpg exists and was not written by ferkit; name another file.
    """
    target = Path(path)
    place = file_identity(target)
    if place is not None:
        if any(file_identity(other) == place for other in inputs):
            raise UsageError(f"{path} is an input, which would be lost; name another file.")
        if not overwrite and not is_own(target):
            raise ExistingFileError(
                f"{path} exists and was not written by ferkit; name another file."
            )


def check_folder(
    folder: PathLike, names: Sequence[str], *, sign: str, overwrite: bool = False
) -> None:
    """Check that files may be written into a folder.

    Args:
        folder: The folder, which need not exist.
        names: The files to write.
        sign: The file that identifies such a folder as written by ferkit.
        overwrite: Whether other files of these names may be replaced. Defaults to False.

    Raises:
        ExistingFileError: One of them exists, the folder is not ferkit's, and `overwrite` is False.
    """
    place = Path(folder)
    if overwrite or is_own(place / sign):
        return
    for name in names:
        if os.path.lexists(place / name):
            raise ExistingFileError(
                f"{place / name} exists and was not written by ferkit; name another folder."
            )


def check_whole_folder(
    folder: PathLike, *, kind: str, own: Callable[[], bool], names: Iterable[str] | None = None
) -> None:
    """Check that ferkit may replace a whole folder: it is new, empty, or written by ferkit.

    Args:
        folder: The folder, which need not exist.
        kind: Description of the new content.
        own: Returns whether the folder contains an earlier output of this kind. It is called after
            the folder is listed, since another process may begin or finish one at any moment.
        names: Names of its content. Defaults to None: the folder is listed.

    Raises:
        OutputError: It holds something else, or is a file.
    """
    if names is None:
        names = os.listdir(folder) if os.path.isdir(folder) else ()
    is_file = os.path.lexists(folder) and not os.path.isdir(folder)
    if is_file or (any(names) and not own()):
        held = "is a file" if is_file else f"holds something other than {kind}"
        raise OutputError(f"{folder} {held}; name a new folder, or empty it.")


def check_apart(*paths: PathLike | None) -> None:
    """Check that no two of these paths are the same file.

    Raises:
        UsageError: Two are the same.
    """
    given = [Path(path).resolve() for path in paths if path is not None]
    for i, path in enumerate(given):
        if path in given[:i]:
            raise UsageError(f"{path} is named twice; each file needs a different name.")


def check_text_name(path: PathLike, format_name: str) -> None:
    """Check that a file for rows does not have the suffix of a picture or a video.

    Raises:
        UsageError: It has.
    """
    suffix = Path(path).suffix.lower()
    if suffix in IMAGE_SUFFIXES or suffix in VIDEO_SUFFIXES:
        kind = "picture" if suffix in IMAGE_SUFFIXES else "video"
        better = Path(path).with_suffix(f".{format_name}").name
        raise UsageError(
            f"{path} is the name of a {kind}, and {format_name} is none; name a file such as "
            f"{better}."
        )


def is_own(path: PathLike) -> bool:
    """Return whether ferkit wrote the file, or nothing would be lost: it is empty, or a pipe or a
    terminal, which would wait forever for a reader.
    """
    try:
        kind = os.stat(path).st_mode
        if stat.S_ISFIFO(kind) or stat.S_ISCHR(kind):
            return True
        with Path(path).open("rb") as file:
            head = file.read(_LOOKED_AT)
            size = file.seek(0, os.SEEK_END)
            file.seek(max(len(head), size - _LOOKED_AT))
            content = head + file.read()
    except OSError:
        return False
    # A kill may have left a part of the first line.
    cut_off = size < max(map(len, _BEGINNINGS)) and any(b.startswith(head) for b in _BEGINNINGS)
    if not head or cut_off or head.startswith(_BEGINNINGS):
        return True
    parquet = head.startswith(b"PAR1") and b"face_score" in content
    onnx = Path(path).suffix.lower() == ".onnx" and b"ferkit" in content
    return parquet or onnx or any(sign in content for sign in _WITHIN)


def file_identity(path: PathLike) -> tuple[int, int] | None:
    """Return what is the same for all names of a file, or None if there is no file.

    A file system may treat IMG.JPG and IMG.jpg as one, and links have many names.
    """
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # not there, or a zero byte
        return None
    return status.st_dev, status.st_ino
