"""Locks of folders and files, which end with their process, however it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ferkit.errors import FerkitError


@contextmanager
def locked_folder(folder: Path, refusal: FerkitError) -> Iterator[None]:
    """Keep other processes out of a folder within a `with` block.

    Nothing is written. Where a system cannot lock folders (Windows, some network drives), the block
    runs without a lock.

    Args:
        folder: An existing folder.
        refusal: The error if it is locked already.

    Raises:
        FerkitError: `refusal`, if another process or thread has locked the folder.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from ferkit.errors import OutputError
        >>> with TemporaryDirectory() as folder, locked_folder(folder, OutputError("In use.")):
        ...     with locked_folder(folder, OutputError("In use.")):
        ...         pass
        Traceback (most recent call last):
        ferkit.errors.OutputError: In use.
    """
    handle = _lock(folder, refusal)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def locked_file(path: Path) -> IO[bytes]:
    """Open a file that stays locked until it is closed or the process ends in any way.

    Raises:
        OSError: Another process has it.
    """
    file = path.open("ab")
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise
    return file


def try_lock(handle: int) -> bool:
    """Lock an open file or folder until its handle is closed; False if it is locked already.

    Where a system cannot lock it (Windows, some network drives), True without a lock.
    """
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def _lock(folder: Path, refusal: FerkitError) -> int | None:
    if sys.platform == "win32":
        return None
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    if not try_lock(handle):
        os.close(handle)
        raise refusal
    return handle
