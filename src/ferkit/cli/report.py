"""`ferkit report`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
def report(run: Path) -> None:
    """Rewrite the report of RUN, a run folder, from the files in it."""
    from ferkit.evaluation.report import write_report

    click.echo(f"Report: {write_report(run)}")
