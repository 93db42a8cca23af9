"""`ferkit train`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ferkit.errors import UsageError

_SHORTCUTS = (
    *("data", "labels", "ferplus", "epochs", "batch_size", "seed", "precision"),
    *("exclude", "skip_bad", "convert"),
)


@click.command()
@click.argument("recipe")
@click.option("--data", help="Folder, zip or table of FER-2013, or 'auto'.  [default: auto]")
@click.option("--labels", help="fer2013, ferplus-majority or ferplus-votes.  [default: fer2013]")
@click.option("--ferplus", type=click.Path(), help="fer2013new.csv of FER+, for its labels.")
@click.option(
    "--exclude", type=click.Path(), help="audit.csv whose findings are left out of train."
)
@click.option(
    "--exclude-kind",
    "kinds",
    multiple=True,
    metavar="KIND",
    help="Kinds that count.  [default: all]",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Run folder to make.")
@click.option("--epochs", type=int, help="Passes over the training split.")
@click.option("--batch-size", type=int, help="Images per step.")
@click.option("--seed", type=int, help="Seed of weights, order, dropout, augmentation.")
@click.option("--precision", help="auto, float32 or bfloat16.")
@click.option(
    "--set", "settings", multiple=True, metavar="FIELD=VALUE", help="Any field of TrainConfig."
)
@click.option("--skip-bad", is_flag=True, help="Leave unusable images out; list them.")
@click.option("--convert", is_flag=True, help="Convert colour and other-sized images.")
@click.option("--resume", is_flag=True, help="Go on after the last finished epoch in --out.")
@click.option("--quiet", is_flag=True, help="Print only where the report lies.")
def train(
    recipe: str,
    out: Path,
    kinds: tuple[str, ...],
    settings: tuple[str, ...],
    resume: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Train RECIPE, evaluate its best epoch, write its report.

    `ferkit recipes` lists what RECIPE can be.
    """
    from ferkit.training import get_recipe, train_and_evaluate

    config = get_recipe(recipe).config.with_settings(parse_settings(settings))
    chosen = {name: options[name] for name in _SHORTCUTS if options[name] not in (None, False)}
    if kinds:
        chosen["exclude_kinds"] = "+".join(kinds)
    result = train_and_evaluate(replace(config, **chosen), out, resume=resume, quiet=quiet)
    from ferkit.cli.output import print_headline

    print_headline(result.metrics, result.report)


def parse_settings(settings: tuple[str, ...]) -> dict[str, str]:
    """Return what `--set FIELD=VALUE` gave, by field.

    Raises:
        UsageError: There is no `=`.
    """
    pairs = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"--set takes FIELD=VALUE, such as epochs=10, not '{setting}'.")
        pairs[name.strip()] = value.strip()
    return pairs
