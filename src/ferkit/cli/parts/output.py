"""Printing of notes, figures and tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ferkit.data.dataset import FerDataset


def tell_of_data(dataset: FerDataset) -> None:
    """Print the notes on `dataset`, and how many items were left out, on standard error."""
    if dataset.skipped:
        click.echo(f"ferkit: left out {len(dataset.skipped):,} items", err=True)
    for note in dataset.notes:
        click.echo(f"ferkit: {note}", err=True)


def print_headline(metrics: dict[str, Any], report: Path | None = None) -> None:
    """Print one line per split, and the path of the report."""
    for name, split in metrics["splits"].items():
        low, high = split["accuracy_ci95"]
        line = f"{name:<16} {split['accuracy']:7.2%}  (95 % interval {low:.2%} to {high:.2%})"
        if split["clean_accuracy"] is not None:
            line += f"  clean {split['clean_accuracy']:.2%}"
        line += f"  macro F1 {split['macro_f1']:.3f}  ECE {split['ece']:.3f}"
        click.echo(f"{line}  n {split['n']:,}")
    if report is not None:
        click.echo(f"Report: {report}")


def print_recalls(metrics: dict[str, Any]) -> None:
    """Print one line per split: the share of each emotion's images that was recognised."""
    for name, split in metrics["splits"].items():
        shares = [
            f"{emotion} {scores['recall']:.1%}"
            for emotion, scores in split["per_class"].items()
            if scores["support"]
        ]
        click.echo(f"{name:<16} recall: {', '.join(shares)}")


def print_table(header: list[str], rows: list[list[str]], right: tuple[str, ...] = ()) -> None:
    """Print a table: framed on a terminal, aligned plain text in a pipe or file.

    Args:
        header: Column names.
        rows: Cells as text.
        right: The columns with numbers, which are right-aligned.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table(box=box.SIMPLE_HEAD if console.is_terminal else None, pad_edge=False)
    for name in header:
        table.add_column(name, justify="right" if name in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    # A pipe has no width: never wrap there.
    console.print(table, width=None if console.is_terminal else 10_000, soft_wrap=False)
