"""A worker's side of the protocol: load a classifier, then answer JSON lines until told to quit.

It needs only the standard library and NumPy, because it also runs in a peer's environment. Output
of libraries goes to stderr, so that stdout contains only answers.

    {"do": "use", "images": "test.npy"}   -> {"images": 3589}            uint8 (n, 48, 48, 1)
    {"do": "predict", "batch": 256}       -> {"labels": [3, 0, ...]}     codes of fer2013.csv
    {"do": "time", "batch": 256, "seconds": 2.0} -> {"images": 4096, "seconds": 2.01}
    {"do": "memory"}                      -> {"peak_mb": 310.2}
    {"do": "quit"}

The first line is sent without a request, when the classifier has classified one blank image:
{"about": {...}}.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol, TextIO


class Classifier(Protocol):
    """What a worker serves."""

    about: dict[str, Any]

    def predict(self, images: Any) -> Any:
        """Return the code of each of `uint8` `(n, 48, 48, 1)` images, taking them as one batch."""


def serve(load: Callable[[int, list[str]], Classifier]) -> None:
    """Pin this process, load the classifier and answer until told to quit.

    Args:
        load: Gets the threads to use and the rest of the command line.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    threads = int(sys.argv[1])
    pin(threads)
    classifier = load(threads, sys.argv[2:])
    import numpy as np

    classifier.predict(np.zeros((1, 48, 48, 1), np.uint8))
    tell(answers, {"about": classifier.about})
    images = np.zeros((0, 48, 48, 1), np.uint8)
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "quit":
            return
        if command["do"] == "use":
            images = np.load(command["images"])
            tell(answers, {"images": len(images)})
        elif command["do"] == "predict":
            tell(answers, {"labels": predict_all(classifier, images, command["batch"])})
        elif command["do"] == "time":
            tell(answers, time_batches(classifier, images, command["batch"], command["seconds"]))
        elif command["do"] == "memory":
            tell(answers, {"peak_mb": peak_mb()})
        else:
            raise SystemExit(f"A worker cannot do {command['do']!r}.")


def tell(answers: TextIO, answer: dict[str, Any]) -> None:
    print(json.dumps(answer), file=answers, flush=True)


def pin(threads: int) -> None:
    """Keep this process on the first `threads` of its processors."""
    allowed = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, allowed[:threads])


def predict_all(classifier: Classifier, images: Any, batch: int) -> list[int]:
    labels: list[int] = []
    for start in range(0, len(images), batch):
        labels += [int(code) for code in classifier.predict(images[start : start + batch])]
    return labels


def time_batches(classifier: Classifier, images: Any, batch: int, seconds: float) -> dict[str, Any]:
    """Classify whole batches for at least `seconds`, after one that does not count."""
    starts = [s for s in range(0, len(images), batch) if s + batch <= len(images)]
    if not starts:
        raise SystemExit(f"A batch of {batch} needs as many images, not {len(images)}.")
    classifier.predict(images[:batch])
    done, begin = 0, time.perf_counter()
    while (spent := time.perf_counter() - begin) < seconds:
        start = starts[done % len(starts)]
        classifier.predict(images[start : start + batch])
        done += 1
    return {"images": done * batch, "seconds": spent}


def peak_mb() -> float:
    """Return this process's peak memory; `ru_maxrss` would count its parent's before the start."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) / 1024, 1)
    raise SystemExit("/proc/self/status tells no VmHWM: the memory cannot be measured here.")


def versions(*names: str) -> str:
    """Return the versions of installed packages, as `numpy 2.4.6, ...`."""
    return ", ".join(f"{name} {version(name)}" for name in names)
