"""A progress bar for work that prints its results."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(total: int, *, shown: bool) -> Iterator[Callable[[], None]]:
    """Show a bar on standard error, where that is a terminal, and yield what moves it on by one.

    Args:
        total: How many steps there are; for less than two there is no bar.
        shown: Whether it may be shown at all.
    """
    if not shown or total < 2 or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    # Standard output is for rows: rich must not send it elsewhere.
    with Progress(*columns, console=console, redirect_stdout=False, transient=True) as bar:
        task = bar.add_task("recognising", total=total)
        yield lambda: bar.advance(task)
