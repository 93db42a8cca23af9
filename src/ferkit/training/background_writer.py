"""Writing the files of an epoch while the next one runs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock


class BackgroundWriter:
    """A thread that writes one thing after the other, in the order in which they were given.

    What is given must not change any more, so it is a copy of what an epoch learned. Where epochs
    end faster than they can be written, an older one that still waits gives way to the newer one of
    the same name: training never waits for the disk, and two copies at most are held.

    Args:
        beside: Whether to write in a thread; else `put` writes itself. Defaults to True.

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

    def put(self, name: str, write: Callable[[], None]) -> None:
        """Have `write` called soon, in place of an earlier one called `name` that still waits.

        Raises:
            Exception: What an earlier one raised; after that nothing is written any more.
        """
        self._raise()
        if not self._beside:
            write()
            return
        with self._lock:
            # Last, since a state must not be there before the model that it knows as the best.
            self._waiting.pop(name, None)
            self._waiting[name] = write
        self._pool.submit(self._write_next)

    def close(self) -> None:
        """Wait until everything is written, or one has failed."""
        self._pool.shutdown()

    def finish(self) -> None:
        """Wait until everything is written.

        Raises:
            Exception: What one of them raised.
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
            self._error = error  # for the thread that trains, which can end the training

    def _raise(self) -> None:
        if self._error:
            raise self._error
