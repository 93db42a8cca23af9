"""How far an audit is, and how long it still takes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

# About how the time divides, in shares of the whole; they only make the time left true.
STEPS = {
    "Near duplicates": 0.25,
    "Features": 0.2,
    "Sums for the models": 0.3,
    "Predictions": 0.2,
    "Page": 0.05,
}


class AuditProgress:
    """Shows one bar for the whole audit on a terminal, one line a step elsewhere.

    Args:
        quiet: Show nothing.
    """

    def __init__(self, quiet: bool = False) -> None:
        from rich.console import Console

        self._console = Console(stderr=True, quiet=quiet, highlight=False)
        self._quiet, self._done = quiet, 0.0
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> AuditProgress:
        if not self._quiet and self._console.is_terminal:
            from rich import progress

            self._bar = progress.Progress(
                progress.TextColumn("{task.description}"),
                progress.BarColumn(bar_width=24),
                progress.TaskProgressColumn(),
                progress.TimeElapsedColumn(),
                progress.TextColumn("left"),
                progress.TimeRemainingColumn(compact=True),
                console=self._console,
                transient=True,
            )
            self._task = self._bar.add_task("", total=1.0)
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    @contextmanager
    def step(self, name: str) -> Iterator[Callable[[float], None]]:
        """Begin one of `STEPS`; yields a function that takes the share of the step that is done."""
        start = perf_counter()
        if self._bar is not None:
            self._bar.update(self._task, description=name)
        yield lambda share: self._move(STEPS[name] * share)
        self._done += STEPS[name]
        self._move(0.0)
        if not self._quiet and self._bar is None:
            seconds = perf_counter() - start
            print(
                f"ferkit: {name.lower()} done in {seconds:.1f} s ({100 * self._done:.0f} %)",
                file=sys.stderr,
                flush=True,
            )

    def _move(self, within: float) -> None:
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done + within)
