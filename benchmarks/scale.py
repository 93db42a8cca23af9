"""Recognition at scale: one worker and two against the threads of `ferkit predict`, with kills.

    python benchmarks/scale.py --photo PHOTO --photos 2000 --record records/scale.csv
    python benchmarks/scale.py --photo PHOTO --small 100000 --record records/scale.csv

Every figure is of a whole command; the start of Ray is measured by itself and stated. Rounds take
turns, so that a busy minute hits all alike.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from record import write_record

FIELDS = (
    "what",
    "workers",
    "sources",
    "seconds",
    "deaths",
    "peak_mb",
    "rows_missing",
    "rows_twice",
)


def make_photos(folder: Path, photo: Path, count: int, small: bool) -> None:
    """Write `count` pictures: shifted copies of a photo, or tiny drawn ones; one in 100 broken."""
    image = cv2.imread(str(photo))
    rng = np.random.default_rng(0)
    for number in range(count):
        below = folder / f"{number // 1000:04d}"
        below.mkdir(parents=True, exist_ok=True)
        path = below / f"{number:06d}.jpg"
        if number % 100 == 99:
            path.write_bytes(b"broken")
        elif small:
            path = path.with_suffix(".png")
            cv2.imwrite(str(path), rng.integers(0, 255, (48, 48), np.uint8))
        else:
            cv2.imwrite(str(path), np.roll(image, number % 40, axis=1))


def descendants(process: int) -> set[int]:
    """Return the processes below one, by /proc."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int(
                (folder / "stat").read_text().rsplit(")")[-1].split()[1]
            )
        except (OSError, ValueError):
            continue
    found, waiting = set(), [process]
    while waiting:
        children = [child for child, parent in parents.items() if parent == waiting[-1]]
        waiting.pop()
        found |= {*children}
        waiting += children
    return found


def resident_mb(process: int) -> float:
    """Return the resident memory of the largest process of a command, in MB."""
    largest = 0.0
    for one in {process, *descendants(process)}:
        try:
            pages = int(Path(f"/proc/{one}/statm").read_text().split()[1])
        except (OSError, ValueError, IndexError):
            continue
        largest = max(largest, pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
    return largest


def timed(command: list[str], kill_every: float | None = None) -> tuple[float, float, int]:
    """Run a command; return its seconds, the peak of its largest process, and kills of workers."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    told: list[str] = []
    reader = threading.Thread(target=lambda: told.append(process.stderr.read()))  # type: ignore[union-attr]
    reader.start()
    peak, kills, last = 0.0, 0, begun
    while process.poll() is None:
        peak = max(peak, resident_mb(process.pid))
        if kill_every and time.perf_counter() - last > kill_every:
            last = time.perf_counter()
            workers = [one for one in descendants(process.pid) if is_worker(one)]
            if workers:
                os.kill(random.choice(workers), signal.SIGKILL)
                kills += 1
        time.sleep(0.1)
    reader.join()
    if process.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)} failed:\n{told[0]}")
    return time.perf_counter() - begun, peak, kills


def is_worker(process: int) -> bool:
    """Say whether a process does shards."""
    try:
        line = Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False
    return b"ray::_RayWorker" in line or b"spawn_main" in line


def driver_killed(command: list[str], times: int, after: float) -> float:
    """Kill the driver so often, then let it end; return all seconds."""
    begun = time.perf_counter()
    for _ in range(times):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(after)
        process.kill()
        process.wait()
    timed(command)
    return time.perf_counter() - begun


def missing_and_twice(out: Path, folder: Path) -> tuple[int, int]:
    """Return how many sources lack rows, and how many have rows in two parts."""
    import pyarrow.parquet as pq

    seen: dict[str, int] = {}
    for part in sorted(out.glob("part-*.parquet")):
        for name in set(pq.read_table(part, columns=["source"]).column(0).to_pylist()):
            seen[name] = seen.get(name, 0) + 1
    wanted = {str(path) for path in folder.rglob("*.*")}
    return len(wanted - seen.keys()), sum(count > 1 for count in seen.values())


def rounds(arguments: argparse.Namespace, folder: Path, top: Path) -> Iterator[dict[str, object]]:
    """Yield a row for every command of every round."""
    base = [sys.executable, "-m", "ferkit", "predict", str(folder), "--recursive"]
    base += ["--model", arguments.model, "--detector", arguments.detector]
    count = sum(1 for _ in folder.rglob("*.*"))
    ways = {("threads", 2): ["--threads", "2", "--out", "rows.csv"]}
    for engine in ("local", "ray"):
        for workers in (1, 2):
            ways[engine, workers] = ["--on", engine, "--workers", str(workers), "--out", "rows"]
    for _ in range(arguments.rounds):
        for (what, workers), options in ways.items():
            out = top / options[-1]
            command = [*base, *options[:-1], str(out)]
            seconds, peak, _ = timed(command)
            lost = (0, 0) if what == "threads" else missing_and_twice(out, folder)
            yield row(what, workers, count, seconds, 0, peak, *lost)
            shutil.rmtree(out) if out.is_dir() else out.unlink()
    if arguments.kills:
        for engine in ("local", "ray"):
            out = top / "rows"
            command = [
                *base,
                "--on",
                engine,
                "--workers",
                "2",
                "--part-size",
                "50",
                "--out",
                str(out),
            ]
            seconds, peak, kills = timed(command, kill_every=arguments.kill_every)
            yield row(
                f"{engine}, workers killed",
                2,
                count,
                seconds,
                kills,
                peak,
                *missing_and_twice(out, folder),
            )
            shutil.rmtree(out)
            seconds = driver_killed(command, 5, after=8)
            yield row(
                f"{engine}, driver killed", 2, count, seconds, 5, 0, *missing_and_twice(out, folder)
            )
            shutil.rmtree(out)
    yield row("ray, start alone", 1, 0, start_of_ray(), 0, 0, 0, 0)


def start_of_ray() -> float:
    """Return the seconds in which Ray starts and stops on this machine."""
    code = "from ferkit.scale.ray_engine import load_ray as l; r = l(); r.init(); r.shutdown()"
    return timed([sys.executable, "-c", code])[0]


def row(*values: object) -> dict[str, object]:
    return dict(zip(FIELDS, values, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photo", type=Path, required=True, help="a photo with faces")
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--small", type=int, default=0, help="so many tiny pictures in their place")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--model", default="nano")
    parser.add_argument("--detector", default="yunet")
    parser.add_argument("--kills", action="store_true")
    parser.add_argument("--kill-every", type=float, default=20.0)
    parser.add_argument("--record", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        pictures = top / "pictures"
        make_photos(
            pictures, arguments.photo, arguments.small or arguments.photos, bool(arguments.small)
        )
        rows = []
        for found in rounds(arguments, pictures, top):
            print(found, flush=True)
            rows.append(found)
    if arguments.record:
        write_record(arguments.record, rows, keep=lambda _: True)


if __name__ == "__main__":
    main()
