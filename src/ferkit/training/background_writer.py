"""Writing the files of an epoch while the next one runs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock


class BackgroundWriter:
    """A thread that runs write tasks one after the other, in order.

    The data of a task must not change any more, so callers pass copies. If epochs end faster than
    they can be written, a waiting task is replaced by the next one of the same name. Training
    therefore never waits for the disk, and at most two copies of each file are in memory.

    Args:
        beside: Whether to write in a thread; otherwise `put` writes immediately. Defaults to True.

    Example:
        >>> writer, written = BackgroundWriter(), []
        >>> writer.put("state", lambda: written.append("epoch 1"))
        >>> writer.finish()
        >>> written
        ['epoch 1']
    """

    def __init__(self, *, beside: bool = True) -> None:
        self._beside = beside
        self._pool = ThreadPoolExecutor(1, "ferkit-writer")
        self._lock = Lock()
        self._waiting: dict[str, Callable[[], None]] = {}
        self._error: Exception | None = None

    def put(self, name: str, write: Callable[[], None], *, refers: bool = False) -> None:
        """Queue the task `write`; it replaces a waiting task of the same name.

        Args:
            name: Name of the file.
            write: Writes it.
            refers: Whether it must come after all waiting tasks, like a state that refers to the
                best model. Otherwise it takes the place of the task that it replaces, so that
                tasks that refer to that one still come after. Defaults to False.

        Raises:
            Exception: The error of an earlier task, after which nothing more is written.
        """
        self._raise()
        if not self._beside:
            write()
            return
        with self._lock:
            if refers:
                self._waiting.pop(name, None)
            self._waiting[name] = write
        self._pool.submit(self._write_next)

    def close(self) -> None:
        """Wait until all tasks are done, or one has failed."""
        self._pool.shutdown()

    def finish(self) -> None:
        """Wait until all tasks are done.

        Raises:
            Exception: The error of a task.
        """
        self.close()
        self._raise()

    def _write_next(self) -> None:
        with self._lock:
            if self._error or not self._waiting:
                return
            write = self._waiting.pop(next(iter(self._waiting)))
        try:
            write()
        except Exception as error:
            self._error = error  # raised in the training thread, which can end the training

    def _raise(self) -> None:
        if self._error:
            raise self._error
