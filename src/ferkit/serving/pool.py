"""A bounded number of threads, and a bounded number of requests that wait for them."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TypeVar

from starlette.types import Receive

from ferkit.serving.problems import ProblemError

Result = TypeVar("Result")

# Weight of the newest request in the moving average of durations, which `Retry-After` uses.
_NEWEST = 0.1
_SPREAD_S = 3


class WorkPool:
    """Runs recognition in threads, outside the event loop.

    A request is admitted before its body is read, so that the memory of bodies is bounded as well.
    Requests are not joined into batches, which gains nothing on a CPU.

    Args:
        threads: Number of pictures processed at the same time.
        queue: Number of requests admitted beyond that.

    Attributes:
        admitted: Number of requests that are being processed or wait.
        refused: Number of requests that were refused.
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
        """Take a slot for one request, until its work is done.

        Raises:
            ProblemError: 503 if no slot is free.
        """
        self.check()
        admission = Admission(self)
        self.admitted += 1
        try:
            yield admission
        finally:
            admission.leave()

    def check(self) -> None:
        """Check that a slot is free.

        Raises:
            ProblemError: 503, with the seconds until a slot is likely to be free.
        """
        if self.admitted < self._places:
            return
        self.refused += 1
        wait = math.ceil(self.admitted * self._mean_s / self._threads)
        # Random, so that refused clients do not all come back at the same time.
        seconds = max(1, min(wait, 60)) + random.randrange(_SPREAD_S)
        raise ProblemError(
            503,
            f"All {self._places} slots are taken; try again after the time in Retry-After.",
            {"Retry-After": str(seconds)},
        )

    async def run(self, work: Callable[[], Result]) -> Result:
        """Return `work()`, run in a thread without a slot: for work that is bounded elsewhere."""
        return await asyncio.wrap_future(self.submit(work))

    def submit(self, work: Callable[[], Result]) -> Future[Result]:
        """Run `work` in a thread, and measure how long it takes."""

        def timed() -> Result:
            start = time.monotonic()
            try:
                return work()
            finally:
                self._mean_s += _NEWEST * (time.monotonic() - start - self._mean_s)

        return self._executor.submit(timed)

    def close(self) -> None:
        """Shut the threads down; waiting work is dropped."""
        self._executor.shutdown(wait=False, cancel_futures=True)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class Admission:
    """The slot of one request, taken as long as a thread works for it, even if the client has left.

    Args:
        pool: The pool that the slot belongs to.
    """

    def __init__(self, pool: WorkPool) -> None:
        self._pool = pool
        self._pending = 1  # the request itself

    async def run(
        self, *work: Callable[[], Result], within_s: float, receive: Receive
    ) -> list[Result]:
        """Run work in threads and return the results.

        Args:
            work: Functions, each run in one thread.
            within_s: Time limit in seconds, from now.
            receive: ASGI's `receive` of the request, whose body has been read: the next message is
                that the client disconnected.

        Raises:
            ProblemError: 503 if it takes longer, 400 if the client disconnects; work that no thread
                has begun is dropped.
        """
        loop = asyncio.get_running_loop()
        # One future that everything wakes: `gather` and `wait` take as long as the rest of a call.
        over: asyncio.Future[None] = loop.create_future()
        futures = [self._pool.submit(piece) for piece in work]
        self._pending += len(futures)

        def end(_: object = None) -> None:
            if not over.done():
                over.set_result(None)

        def leave() -> None:
            self.leave()
            if all(future.done() for future in futures):
                end()

        def done(_: object) -> None:
            with suppress(RuntimeError):  # the loop was closed
                loop.call_soon_threadsafe(leave)

        for future in futures:
            future.add_done_callback(done)
        leaving = loop.create_task(_until_gone(receive))
        leaving.add_done_callback(end)
        timer = loop.call_later(within_s, end)
        try:
            await over
            if all(future.done() for future in futures):
                return [future.result() for future in futures]
            if leaving.done():
                raise ProblemError(400, "The client disconnected before the answer was ready.")
            raise ProblemError(
                503,
                f"The answer was not ready within {within_s:g} s; try again, or send less at once.",
                {"Retry-After": "10"},
            )
        finally:
            timer.cancel()
            leaving.cancel()
            for future in futures:
                future.cancel()

    def leave(self) -> None:
        """Mark the request or one piece of its work as done; the last one frees the slot."""
        self._pending -= 1
        if not self._pending:
            self._pool.admitted -= 1
