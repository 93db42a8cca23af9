"""`ferkit average`."""

from __future__ import annotations

from pathlib import Path

import click

from ferkit.cli import options


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@options.data()
@options.run_out()
def average(runs: tuple[Path, ...], data: str, out: Path) -> None:
    """Average the weights of RUNS, finished run folders of which each began with the weights of another.

    \b
    Examples:
      ferkit train nano --data fer2013.csv --ferplus fer2013new.csv --out runs/a
      ferkit train nano --data fer2013.csv --ferplus fer2013new.csv --out runs/b
        --set start=runs/a --set image_sizes=48 --epochs 14
      ferkit average runs/a runs/b --data fer2013.csv --out runs/mean
    """  # noqa: D301 (click's mark for lines that stay)
    from ferkit.cli.output import print_headline
    from ferkit.data.load import load_fer2013
    from ferkit.training.average import average_runs

    result = average_runs(runs, out, load_fer2013(data))
    print_headline(result.metrics, result.report)
