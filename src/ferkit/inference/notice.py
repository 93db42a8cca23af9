"""Notices that are printed once per process."""

from __future__ import annotations

import sys
from typing import Final

SAID: Final[set[str]] = set()


def say_once(subject: str, text: str) -> None:
    """Print a line to standard error, unless one on this subject was printed before."""
    if subject not in SAID:
        SAID.add(subject)
        print(f"ferkit: {text}", file=sys.stderr)
