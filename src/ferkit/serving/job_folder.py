"""A private folder that lives as long as its process: removed at the end, or by the next start."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ferkit.errors import OutputError
from ferkit.files import cache_folder
from ferkit.locks import locked_file

_LOCK = "lock"
_PREFIX = "server-"
# Seconds between attempts to get a lock, and until it counts as an error.
_WAIT_S = 0.02
_LONGEST_WAIT_S = 10.0


class JobFolder:
    """The folder of one process, which no other user may read.

    Args:
        base: Parent of the folders of all servers of this machine. Defaults to None: a folder in
            ferkit's cache.

    Attributes:
        path: The folder.
        lost: Ids of the jobs of servers that were killed, which were removed.

    Raises:
        OutputError: It cannot be created.
    """

    def __init__(self, base: Path | None = None) -> None:
        parent = base or cache_folder() / "serve"
        try:
            parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path = parent / f"{_PREFIX}{secrets.token_hex(8)}"
            # One server at a time, since a folder that is not locked yet looks like a dead one.
            with _turn(parent / _LOCK):
                self.lost = frozenset(
                    name for old in parent.iterdir() for name in _remove_dead(old)
                )
                self.path.mkdir(mode=0o700)
                self._lock = locked_file(self.path / _LOCK)
        except OSError as error:
            raise OutputError(
                f"Cannot use {parent} for videos ({error.strerror}); name another folder with "
                "FERKIT_JOBS_FOLDER."
            ) from error

    def new(self) -> Path:
        """Create a folder for one job, with a name that cannot be guessed."""
        path = self.path / secrets.token_urlsafe(16)
        path.mkdir(mode=0o700)
        return path

    def close(self) -> None:
        """Remove everything."""
        self._lock.close()
        shutil.rmtree(self.path, ignore_errors=True)


def _remove_dead(folder: Path) -> list[str]:
    """Remove the folder of a process that has ended; return the names of its jobs."""
    if not folder.name.startswith(_PREFIX) or folder.is_symlink():
        return []
    try:
        locked_file(folder / _LOCK).close()
        names = [path.name for path in folder.iterdir() if path.is_dir()]
    except OSError:
        return []  # its process is alive, or removes it now
    shutil.rmtree(folder, ignore_errors=True)
    return names


@contextmanager
def _turn(path: Path) -> Iterator[None]:
    """Wait until no other process is in this block.

    Raises:
        OSError: It takes too long.
    """
    end = time.monotonic() + _LONGEST_WAIT_S
    while True:
        try:
            file = locked_file(path)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(_WAIT_S)
        else:
            break
    with file:
        yield
