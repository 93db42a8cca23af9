"""Numbers with their nouns, for messages."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return `number` with `noun`, in the plural unless it is 1.

    Example:
        >>> counted(1, "error"), counted(2000, "face")
        ('1 error', '2,000 faces')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
