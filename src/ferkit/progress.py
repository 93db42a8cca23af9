"""The progress bar of long work, on standard error."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from rich.console import Console


class ProgressBar:
    """Shows progress and remaining time if standard error is a terminal; a context manager.

    Args:
        total: The total amount; None if it is unknown. Defaults to 1.0, for shares.
        quiet: Whether to show nothing. Defaults to False.
        unit: The unit that is counted, such as "pictures". Defaults to "": the share is shown.
        keep: Whether the bar remains on the screen at the end. Defaults to False.

    Attributes:
        shown: Whether there is a bar.

    Example:
        >>> with ProgressBar(3, quiet=True) as bar:
        ...     bar.move(1, "reading")
        >>> bar.shown
        False
    """

    def __init__(
        self,
        total: float | None = 1.0,
        *,
        quiet: bool = False,
        unit: str = "",
        keep: bool = False,
    ) -> None:
        self.shown = sys.stderr.isatty() and not quiet
        self._quiet = quiet
        self._total, self._unit, self._keep = total, unit, keep
        self._bar: Any = None
        self._task: Any = None

    @functools.cached_property
    def console(self) -> Console:
        """Standard error, for lines above the bar or instead of it."""
        from rich.console import Console

        return Console(stderr=True, quiet=self._quiet, highlight=False)

    def move(self, done: float, description: str | None = None, state: str | None = None) -> None:
        """Show the progress.

        Args:
            done: The finished part of `total`.
            description: Text before the bar. Defaults to None: as before.
            state: Text after the bar. Defaults to None: as before.
        """
        if self._bar is None:
            return
        changes: dict[str, Any] = {"completed": done}
        changes |= {} if description is None else {"description": description}
        changes |= {} if state is None else {"state": state}
        self._bar.update(self._task, **changes)

    def resume_at(self, done: float) -> None:
        """Begin where an earlier run ended, so that its part does not affect the remaining time."""
        if self._bar is not None:
            self._bar.reset(self._task, completed=done)

    def start(self) -> None:
        """Show the bar."""
        if not self.shown:
            return
        from rich import progress

        counted = "{task.completed:,.0f} of {task.total:,.0f} " + self._unit
        columns = (
            progress.TextColumn("{task.description}"),
            progress.BarColumn(bar_width=24),
            progress.TextColumn(counted if self._total else "")
            if self._unit
            else progress.TaskProgressColumn(),
            progress.TimeElapsedColumn(),
            progress.TextColumn("left"),
            progress.TimeRemainingColumn(compact=True),
            progress.TextColumn("{task.fields[state]}"),
        )
        # Standard output is for rows: rich must not send it elsewhere.
        self._bar = progress.Progress(
            *columns, console=self.console, redirect_stdout=False, transient=not self._keep
        )
        self._task = self._bar.add_task("", total=self._total, state="")
        self._bar.start()

    def stop(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
