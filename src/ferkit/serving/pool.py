"""A bounded number of threads, and a bounded number of calls that wait for them."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from starlette.types import Receive

from ferkit.serving.problems import ProblemError

Result = TypeVar("Result")

# Weight of the newest call in the mean time of one, from which `Retry-After` is estimated.
_NEWEST = 0.1
_SPREAD_S = 3
_FIRST = asyncio.FIRST_COMPLETED


class WorkPool:
    """Runs recognition beside the event loop.

    A call is admitted before its body is read, so that the memory of bodies is bounded as well.
    Calls are not joined into batches, which gains nothing on a processor.

    Args:
        threads: Pictures worked on at once.
        queue: Calls admitted beyond that.

    Attributes:
        admitted: Calls that are worked on or wait.
        refused: Calls that were sent away.
    """

    def __init__(self, threads: int, queue: int) -> None:
        self._executor = ThreadPoolExecutor(threads, "ferkit-serve")
        self._threads = threads
        self._places = threads + queue
        self._mean_s = 0.05
        self.admitted = 0
        self.refused = 0

    @contextmanager
    def admission(self) -> Iterator[Admission]:
        """Take a place for one call, until its work is done.

        Raises:
            ProblemError: 503 if there is none.
        """
        self.check()
        admission = Admission(self)
        self.admitted += 1
        try:
            yield admission
        finally:
            admission.leave()

    def check(self) -> None:
        """Refuse a call if there is no place.

        Raises:
            ProblemError: 503, with the seconds until there is likely to be one.
        """
        if self.admitted < self._places:
            return
        self.refused += 1
        wait = math.ceil(self.admitted * self._mean_s / self._threads)
        # Spread, or all who are refused would come back together.
        seconds = max(1, min(wait, 60)) + random.randrange(_SPREAD_S)
        raise ProblemError(
            503,
            f"All {self._places} places are taken; try again after the time in Retry-After.",
            {"Retry-After": str(seconds)},
        )

    async def run(self, work: Callable[[], Result]) -> Result:
        """Return `work()`, done in a thread, without a place: for what is bounded elsewhere."""
        return await asyncio.wrap_future(self.submit(work))

    def submit(self, work: Callable[[], Result]) -> Future[Result]:
        """Let a thread do `work`, and learn how long a call takes."""

        def timed() -> Result:
            start = time.monotonic()
            try:
                return work()
            finally:
                self._mean_s += _NEWEST * (time.monotonic() - start - self._mean_s)

        return self._executor.submit(timed)

    def close(self) -> None:
        """Let go of the threads; what waits is dropped."""
        self._executor.shutdown(wait=False, cancel_futures=True)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class Admission:
    """The place of one call; it stays taken as long as a thread works for it, also when the caller
    has gone.

    Args:
        pool: Where the place is.
    """

    def __init__(self, pool: WorkPool) -> None:
        self._pool = pool
        self._pending = 1  # the call itself

    async def run(
        self, *work: Callable[[], Result], within_s: float, receive: Receive
    ) -> list[Result]:
        """Return what each piece of work returns.

        Args:
            work: Done in threads, each piece in one.
            within_s: Seconds that it may take, from now.
            receive: Of the call, whose body has been read: what comes next is that the caller left.

        Raises:
            ProblemError: 503 if it takes longer, 400 if the caller leaves; what no thread has begun
                is dropped.
        """
        loop = asyncio.get_running_loop()

        def done(_: object) -> None:
            with suppress(RuntimeError):  # the loop was closed
                loop.call_soon_threadsafe(self.leave)

        futures = [self._pool.submit(piece) for piece in work]
        self._pending += len(futures)
        for future in futures:
            future.add_done_callback(done)
        results = asyncio.gather(*map(asyncio.wrap_future, futures))
        leaving = asyncio.create_task(_until_gone(receive))
        either: set[asyncio.Future[Any]] = {results, leaving}
        try:
            await asyncio.wait(either, timeout=within_s, return_when=_FIRST)
            if results.done():
                return results.result()
            if leaving.done():
                raise ProblemError(400, "The caller left before the answer was ready.")
            raise ProblemError(
                503,
                f"The answer was not ready within {within_s:g} s; try again, or send less at once.",
                {"Retry-After": "10"},
            )
        finally:
            leaving.cancel()
            results.cancel()

    def leave(self) -> None:
        """End the call, or a piece of its work; the last gives the place back."""
        self._pending -= 1
        if not self._pending:
            self._pool.admitted -= 1
