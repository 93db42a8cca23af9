"""The process of a trial, and whether it is still alive."""

from __future__ import annotations

import os
import platform
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

# Seconds between two heartbeats, and without one until a process on another machine counts as dead.
# The clocks of machines that share a study may differ by the difference.
BEAT: Final = 30.0
GRACE: Final = 300.0

_ATTRIBUTE: Final = "worker"


class Beat:
    """Heartbeat: within a `with` block, stores regularly that this process runs a trial.

    Args:
        storage: Optuna's storage.
        trial_id: Id of the trial there.
    """

    def __init__(self, storage: Any, trial_id: int) -> None:
        self._storage, self._trial_id = storage, trial_id
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._say()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(BEAT):
            try:
                self._say()
            except Exception:
                # A short failure of the database must not end a training of hours. The next beat
                # tries again, and a lasting failure surfaces at the end of the epoch.
                continue

    def _say(self) -> None:
        worker = {
            "host": platform.node(),
            "pid": os.getpid(),
            "begun": _begun(os.getpid()),
            "seen": time.time(),
        }
        self._storage.set_trial_user_attr(self._trial_id, _ATTRIBUTE, worker)


def is_dead(user_attributes: dict[str, Any], begun: float) -> bool:
    """Return whether the process of a trial has ended.

    On this machine the operating system knows; on others, a process without a heartbeat for `GRACE`
    seconds counts as dead.

    Args:
        user_attributes: User attributes of the trial.
        begun: When the trial began, in seconds since 1970; its process identifies itself just
            after that.
    """
    worker = user_attributes.get(_ATTRIBUTE)
    if worker is None:
        return time.time() - begun > GRACE
    if worker["host"] == platform.node() and os.name == "posix":
        return not _lives(worker["pid"], worker["begun"])
    return bool(time.time() - worker["seen"] > GRACE)


def _lives(pid: int, begun: str) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it exists, but belongs to another user
    return _begun(pid) == begun


def _begun(pid: int) -> str:
    """Return the start time of a process, which distinguishes it from a later one with the same
    number; empty if the system does not provide it, and "Z" for a zombie.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "Z" if fields[0] == "Z" else fields[19]
