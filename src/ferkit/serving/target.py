"""Where the bytes of a received file go."""

from __future__ import annotations

from typing import Protocol, TypeVar


class Target(Protocol):
    """Where the bytes of one file go."""

    def write(self, data: bytes, /) -> object:
        """Take the next bytes."""


Into = TypeVar("Into", bound=Target)


class Memory(bytearray):
    """A file in memory."""

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self += data
