"""`ferkit tune`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ferkit.cli.parts import options

_UNITS = {"s": 1, "m": 60, "h": 3600}


class Duration(click.ParamType[float]):
    """A time in seconds, or with a unit: `90`, `90s`, `30m`, `8h`."""

    name = "TIME"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the value in seconds."""
        if isinstance(value, float):
            return value
        number, unit = (value[:-1], value[-1]) if value[-1:] in _UNITS else (value, "s")
        try:
            seconds = float(number) * _UNITS[unit]
        except ValueError:
            seconds = -1.0
        if not 0 < seconds < float("inf"):
            self.fail(f"{value!r} is not a time such as 90s, 30m or 8h.", param, ctx)
        return seconds


@click.command()
@click.argument("recipe", required=False)
@options.recipe_file()
@options.data(default=None, show_default="auto")
@options.labels(default=None, show_default="fer2013")
@options.ferplus()
@options.run_out(help="Folder of the study; an existing study is continued.")
@click.option(
    "--space",
    multiple=True,
    metavar="FIELD=VALUES",
    help="A field that varies: learning_rate=1e-4..1e-2:log, augment=affine,light, or only its "
    "name for its default range; can be given several times.",
    show_default="every field with a default range",
)
@click.option(
    "--trials",
    type=click.IntRange(1),
    default=40,
    show_default=True,
    help="Total number of trials.",
)
@click.option("--timeout", type=Duration(), help="Stop after this time, such as 30m or 8h.")
@click.option(
    "--storage",
    default="sqlite",
    show_default=True,
    metavar="sqlite|journal|ADDRESS",
    help="A file in --out, or a database that several machines share: postgresql://...",
)
@click.option("--no-prune", is_flag=True, help="Train every trial to its end.")
@options.epochs()
@options.batch_size()
@options.seed(**options.FROM_RECIPE)
@options.settings()
@options.skip_bad()
@options.convert()
@options.quiet()
def tune(
    recipe: str | None,
    recipe_file: Path | None,
    out: Path,
    space: tuple[str, ...],
    trials: int,
    timeout: float | None,
    storage: str,
    no_prune: bool,
    settings: tuple[str, ...],
    quiet: bool,
    **fields: Any,
) -> None:
    """Search for the settings of RECIPE with the best validation accuracy; test is never used.

    The same command continues an existing study, including killed trials. Several machines with the
    same --storage share the trials.

    \b
    Examples:
      ferkit tune nano --data fer2013.csv --ferplus fer2013new.csv --epochs 20 --out studies/nano
      ferkit tune cnn6 --out studies/a --space learning_rate=1e-4..1e-2:log --space epochs=20..60
      ferkit train --recipe-file studies/a/best.json --out runs/best
    """  # noqa: D301 (click wants the backspace character itself)
    from ferkit.cli.parts.settings import chosen_recipe, configure
    from ferkit.tuning.tune import tune as search

    config = configure(chosen_recipe(recipe, recipe_file), settings, fields)
    result = search(
        config,
        out,
        space=space,
        trials=trials,
        timeout=timeout,
        storage=storage,
        prune=not no_prune,
        quiet=quiet,
    )
    click.echo(f"Best validation accuracy: {result.accuracy:.2%}")
    click.echo(f"Recipe: {result.recipe}")
    click.echo(f"Page: {result.page}")
