"""Workers as processes of this machine, each with a pipe, on the standard library alone."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from ferkit.errors import FerkitError, OutputError
from ferkit.inference.notice import SAID
from ferkit.scale.options import ScaleOptions
from ferkit.scale.shards import Shard, ShardDone

_SECONDS_TO_STOP = 5.0


class LocalEngine:
    """Processes that hold one recogniser each.

    Args:
        options: Options of recognition.
        out: The output folder.
        workers: Number of processes.
    """

    def __init__(self, options: ScaleOptions, out: str, workers: int) -> None:
        self.workers = workers
        self._start = (options, out)
        # Not forked, since a fork of a process with threads (OpenCV, ONNX Runtime) may deadlock.
        self._context = multiprocessing.get_context("spawn")
        self._idle: list[tuple[BaseProcess, Connection]] = []
        self._busy: dict[Connection, tuple[BaseProcess, Shard]] = {}
        self._started = 0

    def submit(self, shard: Shard) -> None:
        """Send a shard to an idle process, or to a new one."""
        process, pipe = self._idle.pop() if self._idle else self._new()
        self._busy[pipe] = (process, shard)
        with suppress(OSError):  # it died while idle; `wait` will find its pipe closed
            pipe.send(shard)

    def wait(self) -> tuple[Shard, ShardDone | None]:
        """Return the next shard that ended and its result, which is None if its process died.

        Raises:
            FerkitError: The worker cannot start or cannot write, for lack of space for example.
        """
        pipe = wait(list(self._busy))[0]
        assert isinstance(pipe, Connection)
        process, shard = self._busy.pop(pipe)
        try:
            answer = pipe.recv()
        except (EOFError, OSError):
            process.join()
            pipe.close()
            return shard, None
        self._idle.append((process, pipe))
        if isinstance(answer, FerkitError):
            raise answer
        return shard, answer

    def close(self) -> None:
        """Stop all processes."""
        everyone = [*self._idle, *((process, pipe) for pipe, (process, _) in self._busy.items())]
        for process, pipe in everyone:
            pipe.close()
            process.terminate()
        for process, _ in everyone:
            process.join(_SECONDS_TO_STOP)
            if process.is_alive():
                process.kill()
                process.join()
        self._idle, self._busy = [], {}

    def _new(self) -> tuple[BaseProcess, Connection]:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=serve,
            args=(theirs, *self._start, frozenset(SAID)),
            name=f"ferkit-{self._started}",
            daemon=True,
        )
        with _interrupts_later():
            process.start()
        theirs.close()
        self._started += 1
        return process, ours


@contextmanager
def _interrupts_later() -> Iterator[None]:
    """Deliver Ctrl-C to this process after the block, and never to processes that start within.

    They would end with a traceback before `serve` can ignore it.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # Otherwise the first process starts it, which unblocks the signal.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def serve(pipe: Connection, options: ScaleOptions, out: str, said: frozenset[str]) -> None:
    """Process shards until the pipe closes; the main function of a worker process.

    Args:
        pipe: Gets shards and sends back what was done.
        options: Options of recognition.
        out: The output folder or its address.
        said: Notices that the driver printed and a worker does not repeat.
    """
    from ferkit.scale.worker import Worker

    SAID.update(said)
    # A terminal sends Ctrl-C to all its processes; the driver decides which of them end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker: Worker | None = None
    while True:
        try:
            shard = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            worker = worker or Worker(options, out)
            answer: ShardDone | FerkitError = worker.run(shard)
        except FerkitError as error:
            answer = error
        except OSError as error:
            answer = OutputError(f"Cannot write into {out} ({error.strerror or error}).")
        pipe.send(answer)
