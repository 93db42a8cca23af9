"""Targets that received files are written to."""

from __future__ import annotations

from typing import Protocol, TypeVar


class Target(Protocol):
    """A target for the bytes of one file."""

    def write(self, data: bytes, /) -> object:
        """Take the next bytes."""


Into = TypeVar("Into", bound=Target)


class Memory(bytearray):
    """A file in memory."""

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self += data
