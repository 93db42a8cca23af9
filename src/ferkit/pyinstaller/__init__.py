"""The hook for PyInstaller, with which ferkit can be part of a frozen program."""

from __future__ import annotations

from pathlib import Path


def get_hook_dirs() -> list[str]:
    """Return the folder of the hooks; PyInstaller asks for it by the entry point `hook-dirs`."""
    return [str(Path(__file__).parent)]
