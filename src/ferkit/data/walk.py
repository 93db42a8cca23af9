"""All files below a folder, through links, each once."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ferkit.errors import DataError


@dataclass(frozen=True)
class FoundFile:
    """A file below a folder: its name relative to it with `/`, its size and its time of change."""

    name: str
    size: int
    mtime_ns: int


def walk_files(folder: Path) -> Iterator[FoundFile]:
    """Yield every file below `folder`, in no particular order.

    Linked folders are followed, after the real ones and each folder once, so that a loop of links
    ends. A link to nothing counts as an empty file, for the reader to complain about.

    Raises:
        DataError: A folder cannot be listed. (`os.walk` would leave it out silently.)
    """
    folders, links = deque([""]), deque[str]()
    seen: set[tuple[int, int]] = set()
    while folders or links:
        prefix = folders.popleft() if folders else links.popleft()
        path = folder / prefix
        try:
            status = path.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(path) as entries:
                for entry in entries:
                    name = f"{prefix}{entry.name}"
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(f"{name}/")
                    elif entry.is_symlink() and os.path.isdir(entry.path):
                        links.append(f"{name}/")
                    else:
                        yield _found(name, entry)
        except OSError as error:
            raise DataError(
                f"Cannot list the folder {path} ({error.strerror or error}); "
                "make it readable or leave it out of the data set."
            ) from error


def _found(name: str, entry: os.DirEntry[str]) -> FoundFile:
    try:
        status = entry.stat()
    except OSError:
        return FoundFile(name, 0, 0)
    return FoundFile(name, status.st_size, status.st_mtime_ns)
