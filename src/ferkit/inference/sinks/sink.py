"""What every output of records has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self


@dataclass
class Done:
    """The whole records at the beginning of an output file.

    Attributes:
        sources: Sources that need no further work.
        errors: How many of them have an error.
        length: Bytes of the file that stay.
    """

    sources: set[str] = field(default_factory=set)
    errors: int = 0
    length: int = 0


class ResultSink(ABC):
    """Takes records one by one; a context manager, which closes it also after a failure.

    Args:
        done: What the output holds already. Defaults to None: nothing.

    Attributes:
        done: What the output held when it was opened.

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

    def __init__(self, done: Done | None = None) -> None:
        self.done = done or Done()

    @abstractmethod
    def write(self, record: dict[str, Any]) -> None:
        """Take one record of `make_record`.

        Raises:
            OutputError: It cannot be written: the disk is full, or the like.
        """

    @abstractmethod
    def close(self) -> None:
        """Finish the output; what was written before is whole, also after a failure.

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
