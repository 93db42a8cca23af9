"""`ferkit finetune`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ferkit.cli.parts import options


@click.command()
@click.argument("model", type=click.Path())
@options.data(default=None, required=True, help="Folder or zip of own images.")
@options.run_out()
@options.epochs(show_default="60, or fewer where it gets no better")
@options.batch_size(show_default="16")
@options.seed(default=None, show_default="0")
@options.settings()
@options.skip_bad()
@options.class_names()
@options.pixels()
@options.resume()
@options.quiet()
def finetune(
    model: str,
    data: str,
    out: Path,
    settings: tuple[str, ...],
    resume: bool,
    quiet: bool,
    class_names: tuple[str, ...] | None,
    pixels: str | None,
    **fields: Any,
) -> None:
    """Go on training MODEL on own images, evaluate it, write its report.

    MODEL is a shipped model's name, a run folder or a .keras file. The images lie in one folder for
    each class, whatever its name, three of each at the least; any size and colour will do, each
    picture cut to a face. train/, validation/ and test/ above the classes are kept, and drawn where
    they are missing.

    \b
    Examples:
      ferkit finetune small-fer2013 --data my-faces --out runs/mine
      ferkit evaluate runs/mine --data my-faces
    """  # noqa: D301 (click wants the backspace character itself)
    from ferkit.cli.parts.output import print_headline
    from ferkit.cli.parts.settings import configure
    from ferkit.training.finetune import FINETUNE
    from ferkit.training.finetune import finetune as go_on

    fields |= {"start_classes": class_names, "start_pixels": pixels}
    config = configure(FINETUNE, settings, fields)
    result = go_on(model, data, out, config=config, resume=resume, quiet=quiet)
    print_headline(result.metrics, result.report)
