"""Errors of the library in the words of the command line."""

from __future__ import annotations

import re

# `skip_bad=True` and `ferplus=...`: the form of arguments in messages of the library.
_ARGUMENT = re.compile(r"\b([a-z][a-z_]*)=(?:True|\.\.\. ?)(?=\W|$)")


def as_typed(message: str) -> str:
    """Return the message with its arguments written as options of the command line.

    Example:
        >>> as_typed("leave it out with skip_bad=True, or name the file with ferplus=... .")
        'leave it out with --skip-bad, or name the file with --ferplus.'
    """
    return _ARGUMENT.sub(lambda found: "--" + found[1].replace("_", "-"), message)
