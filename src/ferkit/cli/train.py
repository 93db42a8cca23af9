"""`ferkit train`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click

from ferkit.cli.parts import options


class DeviceCount(click.ParamType[int | Literal["all"]]):
    """A number of devices, or `all`."""

    name = "COUNT"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | Literal["all"]:
        """Return the value for Python."""
        if value == "all":
            return "all"
        try:
            count = int(value)
        except ValueError:
            count = 0
        if count < 1:
            self.fail(f"{value!r} is not a number of devices; give 1 or more, or all.", param, ctx)
        return count


@click.command()
@click.argument("recipe", required=False)
@options.recipe_file()
@options.data(default=None, show_default="auto")
@options.labels(default=None, show_default="fer2013")
@options.ferplus()
@click.option(
    "--exclude", type=click.Path(), help="audit.csv whose findings are left out of training."
)
@click.option(
    "--exclude-kind",
    "kinds",
    multiple=True,
    metavar="KIND",
    help="Only findings of this kind; can be given several times.",
)
@options.run_out()
@options.epochs()
@options.batch_size()
@options.seed(**options.FROM_RECIPE)
@click.option("--precision", help="auto, float32 or bfloat16.", show_default="the recipe's")
@click.option(
    "--devices",
    type=DeviceCount(),
    default=1,
    show_default=True,
    metavar="N|all",
    help="Devices that share each batch (KERAS_BACKEND=jax).",
)
@options.settings()
@options.draw_test()
@options.skip_bad()
@options.convert()
@options.resume()
@options.quiet()
def train(
    recipe: str | None,
    recipe_file: Path | None,
    kinds: tuple[str, ...],
    out: Path,
    devices: int | Literal["all"],
    settings: tuple[str, ...],
    resume: bool,
    quiet: bool,
    **fields: Any,
) -> None:
    """Train RECIPE, evaluate its best epoch and write a report.

    `ferkit recipes` lists the recipes. Options take precedence over --set, and --set over the
    recipe.

    \b
    Examples:
      ferkit train cnn6 --data fer2013.csv --out runs/cnn6
      ferkit train cnn6 --data fer2013.csv --out runs/cnn6 --resume
      ferkit train cnn6 --data fer2013.csv --out runs/short --epochs 5 --set augment=light
      ferkit train --recipe-file studies/a/best.json --out runs/best
    """  # noqa: D301 (click wants the backspace character itself)
    from ferkit.cli.parts.output import print_headline
    from ferkit.cli.parts.settings import chosen_recipe, configure
    from ferkit.training import train_and_evaluate

    fields["exclude_kinds"] = kinds or None
    config = configure(chosen_recipe(recipe, recipe_file), settings, fields)
    result = train_and_evaluate(config, out, resume=resume, devices=devices, quiet=quiet)
    if result.metrics:  # with several processes, the first one evaluates
        print_headline(result.metrics, result.report)
