"""A progress bar for work that prints its results."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(
    total: float | None, unit: str, *, shown: bool
) -> Iterator[Callable[[float], None]]:
    """Show a bar on standard error, where that is a terminal, and yield what takes how much is
    done.

    Args:
        total: How much there is to do; None where nobody knows.
        unit: What is counted, such as "s".
        shown: Whether it may be shown at all; not where the rows themselves go to the terminal.
    """
    if not shown or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} " + unit if total else ""),
        TimeRemainingColumn(),
    )
    # Standard output is for rows: rich must not send it elsewhere.
    console = Console(stderr=True)
    with Progress(*columns, console=console, redirect_stdout=False, transient=True) as bar:
        task = bar.add_task("recognising", total=total)
        yield lambda done: bar.update(task, completed=done)
