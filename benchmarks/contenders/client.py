"""The comparison's side of the protocol: the contenders and their running workers."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ferkit

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Contender:
    """One way of using one model.

    Attributes:
        name: The model, as tables call it.
        way: How it is used.
        peer: Whether it is not ferkit's own.
        python: The interpreter of its environment.
        script: Its worker.
        arguments: The worker's, after the threads.
    """

    name: str
    way: str
    peer: bool
    python: Path
    script: Path
    arguments: tuple[str, ...]


class Worker:
    """A contender's running process, on a number of threads; a context manager.

    Attributes:
        about: What the worker said of itself: versions, parameters, file_mb.
        load_seconds: From the start of the process to the answer for a first image.
    """

    def __init__(self, contender: Contender, threads: int) -> None:
        self.contender = contender
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the worker)
        begin = time.perf_counter()
        self.process = subprocess.Popen(
            [contender.python, contender.script, str(threads), *contender.arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            env=worker_environment(threads, python=contender.python),
            text=True,
        )
        try:
            self.about: dict[str, Any] = self._answer()["about"]
        except BaseException:
            self.close()
            raise
        self.load_seconds = time.perf_counter() - begin

    def ask(self, do: str, **options: Any) -> dict[str, Any]:
        """Send a command and return its answer.

        Raises:
            RuntimeError: The worker ended instead; its last words are in the message.
        """
        assert self.process.stdin
        with contextlib.suppress(BrokenPipeError):  # its end is reported below
            print(json.dumps({"do": do, **options}), file=self.process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        self.process.wait()
        self.log.seek(0)
        words = self.log.read().decode(errors="replace").strip()[-2000:]
        name = f"{self.contender.name} ({self.contender.way})"
        raise RuntimeError(f"The worker of {name} ended with {self.process.returncode}:\n{words}")

    def close(self) -> None:
        """End the process."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self.log.close()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def worker_environment(threads: int, *, python: Path | None = None) -> dict[str, str]:
    """Return the environment of a worker: so many threads, no accelerator, nothing of this
    environment's own, but for the ferkit that runs here where the interpreter is this one.

    Args:
        threads: Of each library.
        python: The interpreter. Defaults to None: a peer's.
    """
    foreign = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "KERAS_BACKEND", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    pools = (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
    )
    own = {"PYTHONPATH": str(Path(ferkit.__file__).parents[1])}
    return {
        **kept,
        **(own if python == Path(sys.executable) else {}),
        **dict.fromkeys(pools, str(threads)),
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
