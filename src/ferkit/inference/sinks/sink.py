"""The base of all outputs of records."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, ClassVar, Self


@dataclass
class Done:
    """The complete records at the beginning of an output file.

    Attributes:
        sources: Sources that need no further work.
        errors: How many of them have an error.
        length: Number of bytes of the file that are kept.
    """

    sources: set[str] = field(default_factory=set)
    errors: int = 0
    length: int = 0


class ResultSink(ABC):
    """Writes records one by one; a context manager that also closes it after an error.

    A sink in `ferkit.formats.ROW_SINKS` is created as `Sink(path, emotions, done=...)`.

    Args:
        done: The existing content of the output. Defaults to None: nothing.

    Attributes:
        done: The content of the output when it was opened.

    Example:
        >>> class Printed(ResultSink):
        ...     def write(self, record):
        ...         print(record["source"], len(record["faces"]))
        ...
        ...     def close(self):
        ...         print("done")
        >>> from ferkit import FaceEmotions, make_record
        >>> with Printed() as sink:
        ...     sink.write(make_record("a.jpg", FaceEmotions.empty((4, 3))))
        a.jpg 0
        done
    """

    # Whether the output is one whole file: not standard output, and never resumed.
    needs_file: ClassVar[bool] = False

    def __init__(self, done: Done | None = None) -> None:
        self.done = done or Done()

    @abstractmethod
    def write(self, record: dict[str, Any]) -> None:
        """Write one record, as returned by `make_record`.

        Raises:
            OutputError: It cannot be written, for example because the disk is full.
        """

    @abstractmethod
    def close(self) -> None:
        """Finish the output; everything written before is complete, even after an error.

        Raises:
            OutputError: The end of it cannot be written.
        """

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
