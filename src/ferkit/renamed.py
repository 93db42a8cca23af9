"""Old names of arguments that still work for a release, with one sentence of advice."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def advise(old: str, new: str) -> None:
    """Warn that `old` is called `new` now, at the line that called the calling function."""
    text = f"{old} is called {new} now; the old name goes with the next release."
    warnings.warn(text, DeprecationWarning, stacklevel=3)


def renamed_arguments(
    **names: str,
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Return a decorator for functions that accept arguments by their old names, too.

    Args:
        **names: The new name of each old one.

    Example:
        >>> @renamed_arguments(colour="color")
        ... def paint(*, color="red"):
        ...     return color
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warnings.simplefilter("always")
        ...     paint(colour="blue")
        'blue'
        >>> str(caught[0].message).partition(";")[0]
        'paint(colour=...) is called paint(color=...) now'
    """

    def decorate(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        name = function.__name__

        @functools.wraps(function)
        def called(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            for old in names.keys() & kwargs.keys():
                advise(f"{name}({old}=...)", f"{name}({names[old]}=...)")
                kwargs[names[old]] = kwargs.pop(old)
            return function(*args, **kwargs)

        return called

    return decorate
