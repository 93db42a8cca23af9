"""`ferkit finetune`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

_SHORTCUTS = ("epochs", "batch_size", "seed", "skip_bad")


@click.command()
@click.argument("model", type=click.Path())
@click.option("--data", required=True, type=click.Path(), help="Folder or zip of own images.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Run folder to make.")
@click.option("--epochs", type=click.IntRange(1), help="Passes at the most.  [default: 60]")
@click.option("--batch-size", type=click.IntRange(1), help="Images per step.  [default: 16]")
@click.option("--seed", type=click.IntRange(0), help="Of the splits, too.  [default: 0]")
@click.option(
    "--set", "settings", multiple=True, metavar="FIELD=VALUE", help="Any field of TrainConfig."
)
@click.option("--skip-bad", is_flag=True, help="Leave unusable images out; list them.")
@click.option("--resume", is_flag=True, help="Go on after the last finished epoch in --out.")
@click.option("--quiet", is_flag=True, help="Print only the result.")
def finetune(
    model: str,
    data: str,
    out: Path,
    settings: tuple[str, ...],
    resume: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Go on training MODEL on own images, evaluate it, write its report.

    MODEL is a shipped model's name, a run folder or a .keras file. The images lie in one folder for each class, whatever
    its name, three of each at the least; any size and colour will do, each picture cut to a face. train/, validation/ and
    test/ above the classes are kept, and drawn where they are missing.

    \b
    Examples:
      ferkit finetune small --data my-faces --out runs/mine
      ferkit evaluate runs/mine --data my-faces
    """  # noqa: D301 (click wants the backspace character itself)
    from ferkit.cli.output import print_headline
    from ferkit.cli.train import parse_settings
    from ferkit.training.finetune import FINETUNE
    from ferkit.training.finetune import finetune as go_on

    config = FINETUNE.with_settings(parse_settings(settings))
    chosen = {name: options[name] for name in _SHORTCUTS if options[name] not in (None, False)}
    result = go_on(model, data, out, config=replace(config, **chosen), resume=resume, quiet=quiet)
    print_headline(result.metrics, result.report)
