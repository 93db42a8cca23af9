"""What commands print about a result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


def print_headline(metrics: dict[str, Any], report: Path | None = None) -> None:
    """Print one line per split, and where the report lies."""
    for name, split in metrics["splits"].items():
        low, high = split["accuracy_ci95"]
        line = f"{name:<16} {split['accuracy']:7.2%}  (95 % interval {low:.2%} to {high:.2%})"
        if split["clean_accuracy"] is not None:
            line += f"  clean {split['clean_accuracy']:.2%}"
        click.echo(f"{line}  macro F1 {split['macro_f1']:.3f}  n {split['n']:,}")
    if report is not None:
        click.echo(f"Report: {report}")
