"""How a config class declares a lever: a dataclass field with its range, words and help."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

# The words of a report about a lever: a format string over all values, or a function of them.
Words = str | Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True)
class Search:
    """The default search range of a lever in tuning.

    Attributes:
        low: Lowest value.
        high: Highest value.
        log: Whether the scale is logarithmic.
        where: Returns whether the lever has an effect in a config. None: in all configs.
    """

    low: float
    high: float
    log: bool = False
    where: Callable[[Any], bool] | None = None


@dataclass(frozen=True)
class Declared:
    """What `lever` stores in a field; `Lever` documents each entry."""

    help: str
    between: tuple[float, float] | None
    choices: tuple[str, ...]
    joined: str
    heading: str | None
    words: Words
    always: bool
    told_with: str
    search: Search | None


def lever(
    default: Any,
    help: str,  # noqa: A002 (the word for it)
    *,
    between: tuple[float, float] | None = None,
    choices: tuple[str, ...] = (),
    joined: str = "+",
    heading: str | None = None,
    words: Words = "",
    always: bool = False,
    told_with: str = "",
    search: Search | None = None,
) -> Any:
    """Return a dataclass field that declares a lever.

    Example:
        >>> @dataclass(frozen=True)
        ... class Config:
        ...     epochs: int = lever(10, "Passes over the data.", between=(1, 1000))
        >>> Config().epochs
        10
    """
    told = Declared(help, between, choices, joined, heading, words, always, told_with, search)
    return dataclasses.field(default=default, metadata={"lever": told})
