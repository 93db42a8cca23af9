"""The name of a picture that a command draws."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

_SUFFIXES = (".png", ".svg", ".pdf")


class PicturePath(click.Path):
    """A file whose name ends in .png, .svg or .pdf, which is said before anything is computed."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; fail at any other name."""
        path = Path(str(super().convert(value, param, ctx)))
        if path.suffix.lower() not in _SUFFIXES:
            self.fail(f"expected a name that ends in .png, .svg or .pdf, not {path}.", param, ctx)
        return path
