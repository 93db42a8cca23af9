"""The base of outputs that are text."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress

from ferkit.errors import OutputError
from ferkit.inference.sinks.sink import Done, ResultSink
from ferkit.inference.sinks.stream import OutputStream


class TextSink(ResultSink):
    """Writes text to a file or to standard output.

    Subclasses implement `write`, and `begin` if something comes before the first record.

    Args:
        path: The file; None is standard output.
        emotions: Names of the model's classes. Defaults to none, for formats that do not need them.
        done: The existing content of the file, to continue after it. Defaults to None: a new file.

    Attributes:
        emotions: Names of the model's classes.
        stream: The `OutputStream` to write to.

    Raises:
        OutputError: The file cannot be written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None,
        emotions: Sequence[str] = (),
        *,
        done: Done | None = None,
    ) -> None:
        super().__init__(done)
        self.emotions = tuple(emotions)
        self.stream = OutputStream(path, keep=self.done.length)
        try:
            self.begin()
        except OutputError:
            with suppress(OutputError):
                self.stream.close()
            raise

    def begin(self) -> None:
        """Write what comes before the next record; called once."""

    def close(self) -> None:
        """Close the file; standard output stays open."""
        self.stream.close()
