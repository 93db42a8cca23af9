"""The path of a picture that a command draws, as an option's type."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ferkit.targets import check_target

# Key under which a command stores whether --overwrite was given.
OVERWRITE = "ferkit.overwrite"

_SUFFIXES = (".png", ".svg", ".pdf")


class PicturePath(click.Path):
    """A file whose name ends in .png, .svg or .pdf and that may be written, checked before any
    computation.
    """

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; fail at any other name."""
        path = Path(str(super().convert(value, param, ctx)))
        if path.suffix.lower() not in _SUFFIXES:
            self.fail(f"expected a name that ends in .png, .svg or .pdf, not {path}.", param, ctx)
        overwrite = ctx is not None and bool(ctx.meta.get(OVERWRITE))
        check_target(path, overwrite=overwrite)
        return path
