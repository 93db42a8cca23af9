"""`ferkit finetune`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ferkit.cli.parts import options


@click.command()
@click.argument("model", type=click.Path())
@options.data(default=None, required=True, help="Folder or zip file with your images.")
@options.run_out()
@options.epochs(show_default="60, or fewer if validation does not improve")
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
    """Fine-tune MODEL on your own images, evaluate it and write a report.

    MODEL is a shipped model's name, a run folder or a .keras file. The images are in one
    folder per class, with any name and at least three images each, in any size and colour, each
    cropped to a face. Splits train/, validation/ and test/ above the class folders are kept;
    missing ones are drawn.

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
