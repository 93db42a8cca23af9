"""The settings that the rows of an output depend on, in a hidden file next to it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from ferkit.errors import DataError, UsageError
from ferkit.files import read_json, write_json


def settings_file(path: str | os.PathLike[str]) -> Path:
    """Return the path of the hidden file of an output.

    Example:
        >>> settings_file("rows/faces.csv").name
        '.faces.csv.ferkit.json'
    """
    return Path(path).parent / f".{Path(path).name}.ferkit.json"


def keep_settings(path: str | os.PathLike[str], settings: dict[str, Any] | None) -> None:
    """Write the settings of the rows of `path`; None removes those of an earlier output.

    Raises:
        OutputError: The file cannot be written.
    """
    if Path(path).exists() and not Path(path).is_file():
        return  # a pipe or a device, which nobody resumes
    if settings is not None:
        write_json(settings_file(path), settings)
        return
    with suppress(OSError):
        settings_file(path).unlink()


def check_settings(path: str | os.PathLike[str], settings: dict[str, Any] | None) -> None:
    """Check that further rows have the same settings as those in `path`.

    Raises:
        UsageError: The output was written with another model, detector or option.
    """
    file = settings_file(path)
    if settings is None or not Path(path).exists() or not file.exists():
        return
    try:
        before = read_json(file)
    except DataError:
        return
    if not isinstance(before, dict):
        return
    names = [name for name in settings if before.get(name) != settings[name]]
    # Names of models say more than their hashes.
    names = [name for name in names if name != "model_sha256"] or names
    if names:
        told = ", ".join(f"{name} {before.get(name)!r}, not {settings[name]!r}" for name in names)
        raise UsageError(
            f"{path} was written with {told}; continue with the same, or name another file."
        )
