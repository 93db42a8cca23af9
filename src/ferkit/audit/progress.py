"""Progress of an audit, with the remaining time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

from ferkit.progress import ProgressBar

# Approximate share of each step in the total time, for the estimate of the remaining time.
STEPS = {
    "Near duplicates": 0.25,
    "Features": 0.2,
    "Sums for the models": 0.3,
    "Predictions": 0.2,
    "Page": 0.05,
}


class AuditProgress:
    """Shows one bar for the whole audit on a terminal, else one line per step.

    Args:
        quiet: Whether to show nothing. Defaults to False.
    """

    def __init__(self, quiet: bool = False) -> None:
        self._bar = ProgressBar(quiet=quiet)
        self._quiet, self._done = quiet, 0.0

    def __enter__(self) -> AuditProgress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    @contextmanager
    def step(self, name: str) -> Iterator[Callable[[float], None]]:
        """Begin one of `STEPS`; yield a function that takes the finished share of the step."""
        start = perf_counter()
        self._bar.move(self._done, name)
        yield lambda share: self._bar.move(self._done + STEPS[name] * share)
        self._done += STEPS[name]
        self._bar.move(self._done)
        if not (self._quiet or self._bar.shown):
            seconds = perf_counter() - start
            print(
                f"ferkit: {name.lower()} done in {seconds:.1f} s ({100 * self._done:.0f} %)",
                file=sys.stderr,
                flush=True,
            )
