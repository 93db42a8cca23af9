"""Parallel processing of many items in constant memory, with results in their order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# Finished results that may wait for a slow one before them, per thread.
_AHEAD = 4
# More threads do not pay off for networks of a few million multiplications.
_MOST_THREADS = 8


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Iterator[Result]:
    """Yield `work(item)` for every item; `items` is read only as far ahead as needed to keep all
    threads busy.

    Example:
        >>> list(in_order(abs, [-3, 1, -2], threads=2))
        [3, 1, 2]
    """
    if threads == 1:
        for item in items:
            yield work(item)
        return
    pool = ThreadPoolExecutor(threads, "ferkit")
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= _AHEAD * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def usable_cores() -> int:
    """Return how many cores this process may use, at most 8."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        cores = os.cpu_count() or 1
    return min(cores, _MOST_THREADS)
