"""Commands of `benchmarks/scale.py`, with memory measured and workers or drivers killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_LOOK = 0.2  # seconds between two looks at the processes


@dataclass
class Watched:
    """What was seen of a command.

    Attributes:
        seconds: From start to end.
        kills: Workers that were killed.
        memory: (seconds, MB of the driver, MB of its largest worker) over time.
    """

    seconds: float = 0.0
    kills: int = 0
    memory: list[tuple[float, float, float]] = field(default_factory=list)

    def figures(self) -> dict[str, object]:
        """Return the peaks, and by how much the last quarter's is above the second one's."""
        quarter = self.memory[-1][0] / 4 if self.memory else 0.0
        second = [look for look in self.memory if quarter <= look[0] < 2 * quarter]
        last = [look for look in self.memory if look[0] >= 3 * quarter]
        found: dict[str, object] = {"seconds": round(self.seconds, 1), "kills": self.kills}
        for place, who in ((1, "driver"), (2, "worker")):
            found[f"{who}_mb"] = round(max((look[place] for look in self.memory), default=0))
            peaks = [max((look[place] for look in looks), default=0) for looks in (second, last)]
            found[f"{who}_growth_mb"] = round(peaks[1] - peaks[0])
        return found


def watched(command: list[str], kill_every: float | None = None, most_kills: int = 0) -> Watched:
    """Run a command to its end, killing one of its workers every so many seconds."""
    seen, begun = Watched(), time.monotonic()
    last_kill = begun
    with tempfile.TemporaryFile("w+") as told:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=told)
        while process.poll() is None:
            now = time.monotonic()
            workers = [one for one in descendants(process.pid) if is_worker(one)]
            largest = max(map(resident_mb, workers), default=0.0)
            seen.memory.append((now - begun, resident_mb(process.pid), largest))
            if kill_every and workers and seen.kills < most_kills and now - last_kill > kill_every:
                os.kill(random.choice(workers), signal.SIGKILL)
                seen.kills, last_kill = seen.kills + 1, now
            time.sleep(_LOOK)
        seen.seconds = time.monotonic() - begun
        if process.returncode not in (0, 1):  # 1: some pictures could not be read
            told.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{told.read()}")
    return seen


def driver_killed(command: list[str], times: int, done: Callable[[], int]) -> Watched:
    """Kill a command so often, each time after it has done more, then let it come to its end."""
    begun, kills = time.monotonic(), 0
    while kills < times:
        before = done()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and done() <= before:
            time.sleep(_LOOK)
        if process.poll() is not None:
            raise SystemExit(f"The work was done after {kills} kills; take more pictures.")
        process.kill()
        process.wait()
        kills += 1
    seen = watched(command)
    seen.seconds, seen.kills = time.monotonic() - begun, kills
    return seen


def descendants(process: int) -> set[int]:
    """Return the processes below one, by /proc."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        children.setdefault(parent, []).append(int(folder.name))
    found, waiting = set[int](), [process]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.update(below)
        waiting += below
    return found


def is_worker(process: int) -> bool:
    """Say whether a process does shards."""
    try:
        line = Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False
    return b"ray::_RayWorker" in line or b"spawn_main" in line


def resident_mb(process: int) -> float:
    """Return the resident memory of a process in MB; 0 where it has ended."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
