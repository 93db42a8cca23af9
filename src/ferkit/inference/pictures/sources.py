"""The picture files in the files and folders that a user names."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ferkit.data.unlabelled import is_pixel_table, read_faces
from ferkit.formats import IMAGE_SUFFIXES
from ferkit.inference.records import printable


@dataclass(frozen=True)
class Source:
    """A file to read.

    Attributes:
        path: Path of the file.
        below: Path relative to the named folder, or the file name.
        problem: Why it cannot be opened at all. Defaults to None.
        line: Line in a table of faces. Defaults to None: not in a table.
        face: The face in that line, `uint8` `(48, 48)`. Defaults to None.
    """

    path: Path
    below: Path
    problem: str | None = None
    line: int | None = None
    face: np.ndarray | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """Name of the source in records."""
        place = "" if self.line is None else f":{self.line}"
        return printable(f"{self.path}{place}")


def find_sources(
    paths: Iterable[str], *, recursive: bool = False, but: Collection[Path] = ()
) -> Iterator[Source]:
    """Yield all named files, the pictures in named folders sorted by name, and the rows of tables
    with a column `pixels`, each source once.

    In folders, hidden files and files without the suffix of a picture are skipped. A folder that
    cannot be listed is a source with a problem.

    Args:
        paths: Files and folders. Missing files are yielded as well, so that reading them reports
            the error.
        recursive: Whether to search subfolders. Links to folders are followed, and each folder is
            visited once. Defaults to False.
        but: Folders to skip, such as the output folder of annotated pictures. Defaults to none.
    """
    seen: set[tuple[Path, int | None]] = set()
    for text in paths:
        path = Path(text)
        found: Iterable[Source]
        if _is_folder(path):
            found = _in_folder(path, recursive, but)
        elif is_pixel_table(path):
            found = _in_table(path)
        else:
            found = [Source(path, Path(path.name))]
        for source in found:
            if (source.path, source.line) not in seen:
                seen.add((source.path, source.line))
                yield source


def _in_table(path: Path) -> Iterator[Source]:
    for line, face, problem in read_faces(path):
        yield Source(path, Path(path.name), problem, line, face)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # no permission, or a zero byte
        return False


def _in_folder(top: Path, recursive: bool, but: Collection[Path]) -> Iterator[Source]:
    left_out = {_identity(folder) for folder in but}
    waiting, visited = [top], set[tuple[int, int]]()
    while waiting:
        folder = waiting.pop()
        identity = _identity(folder)
        if identity in visited or (identity in left_out and folder != top):
            continue
        visited.add(identity)
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            problem = f"the folder cannot be listed ({error.strerror or error})"
            yield Source(folder, folder.relative_to(top), problem)
            continue
        below = []
        for entry in found:
            path = folder / entry.name
            if entry.name.startswith("."):
                continue
            if _is_folder(path):
                below.append(path)
            elif path.suffix.lower() in IMAGE_SUFFIXES:
                yield Source(path, path.relative_to(top))
        if recursive:
            waiting += reversed(below)


def _identity(folder: Path) -> tuple[int, int]:
    try:
        status = folder.stat()
    except OSError:
        return (-1, hash(folder))
    return (status.st_dev, status.st_ino)
