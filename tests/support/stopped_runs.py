"""Trainings in separate processes, stopped by a signal."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import tiny_net


def history_of(folder: Path) -> list[dict[str, str]]:
    """Return the epochs that a run has finished, without their duration; none where there is no run
    yet.
    """
    if not (folder / "history.csv").exists():
        return []
    with (folder / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row.pop("seconds")
    return rows


def stop_after(epochs: int, number: signal.Signals, arguments: list[str], folder: Path) -> int:
    """Start `ferkit ARGUMENTS`, which knows the network `tiny` as well, send a signal once `epochs`
    of the run in `folder` are done, and return the exit code.
    """
    # In a background job, the shell makes the suite ignore SIGINT, and children inherit this.
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    command = [sys.executable, tiny_net.__file__, *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, preexec_fn=heed) as process:
        deadline = time.monotonic() + 180
        while len(history_of(folder)) < epochs and process.poll() is None:
            assert time.monotonic() < deadline, "the training does not get on"
            time.sleep(0.01)
        process.send_signal(number)
        process.communicate()
        return process.returncode
