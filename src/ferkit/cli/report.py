"""`ferkit report`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
def report(run: Path) -> None:
    """Write the report of RUN, a run folder, anew from what lies in it."""
    from ferkit.evaluation.report import write_report

    click.echo(f"Report: {write_report(run)}")
