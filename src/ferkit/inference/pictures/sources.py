"""The picture files that a user means by naming files and folders."""

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
        path: Where it is.
        below: Its path below the folder that was named, or its file name.
        problem: Why it cannot even be tried, or None.
        line: Where it stands in a table of faces, or None.
        face: The face that stands there, `uint8` `(48, 48)`, or None.
    """

    path: Path
    below: Path
    problem: str | None = None
    line: int | None = None
    face: np.ndarray | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """What records call it."""
        place = "" if self.line is None else f":{self.line}"
        return printable(f"{self.path}{place}")


def find_sources(
    paths: Iterable[str], *, recursive: bool = False, but: Collection[Path] = ()
) -> Iterator[Source]:
    """Yield every named file, and the pictures in every named folder in the order of their names,
    each once; of a table with a column `pixels` each row.

    In folders, files whose suffix is not that of a picture and hidden ones are left out. A folder
    that cannot be listed is a source with a problem.

    Args:
        paths: Files and folders; a file that is not there is a source as well, for the reader to
            complain about.
        recursive: Whether to look into folders below. Links to folders are followed, each folder
            once. Defaults to False.
        but: Folders that are left out, such as the one where annotated pictures go.
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
