"""Recognition at scale: workers against the threads of `ferkit predict`, kills, bad pictures.

    python benchmarks/scale.py timing --photo PHOTO --rounds 2 --record records/scale.csv
    python benchmarks/scale.py kills driver-kills --photo PHOTO --photos 6000 --record ...
    python benchmarks/scale.py damaged --photo PHOTO --record records/scale.csv
    python benchmarks/scale.py small --photos 100000 --record records/scale.csv

`timing` needs an idle machine and takes about 4 minutes per round on two cores. A command's
start-up time is that of the same command on two pictures in the same round, and is stated
separately. A row of the record replaces earlier ones of its case and engine.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from record import write_record
from scale_material import damage, make_photos, make_small
from scale_runs import Watched, driver_killed, watched

CASES = ("timing", "kills", "driver-kills", "damaged", "small")
WAYS = (("threads", 2), ("local", 1), ("local", 2), ("ray", 1), ("ray", 2))


class Bench:
    """One set of pictures, and the command that recognises it in every way."""

    def __init__(self, options: argparse.Namespace, case: str, top: Path) -> None:
        self.options, self.case, self.top = options, case, top
        self.pictures = top / "pictures"
        if case == "small":
            make_small(self.pictures, options.photos)
        else:
            make_photos(self.pictures, options.photo, options.photos)
        self.damaged = damage(self.pictures) if case == "damaged" else set()
        self.few = top / "few"
        self.few.mkdir()
        for path in sorted(self.pictures.rglob("*.*"))[:2]:
            shutil.copy(path, self.few)

    def command(self, engine: str, workers: int, folder: Path, *more: str) -> list[str]:
        """Return the command of a way; its rows go to `self.out`."""
        self.out = self.top / ("rows.csv" if engine == "threads" else "rows")
        if self.out.is_dir():
            shutil.rmtree(self.out)
        self.out.unlink(missing_ok=True)
        one_by_one = "none" if self.case == "small" else self.options.detector
        model = ["--model", self.options.model, "--detector", one_by_one]
        count = "--threads" if engine == "threads" else "--workers"
        on = [] if engine == "threads" else ["--on", engine]
        where = [str(folder), "--recursive", "--out", str(self.out)]
        return [
            *(sys.executable, "-m", "ferkit", "predict", *where, *model, *on),
            *(count, str(workers), *more),
        ]

    def parts(self) -> int:
        """Return how many parts are written."""
        return len(list(self.out.glob("part-*.parquet")))

    def row(self, engine: str, workers: int, seen: Watched, **more: object) -> dict[str, Any]:
        """Return what is recorded of a run: its figures, and what became of each source."""
        wanted = {str(path) for path in self.pictures.rglob("*.*")}
        row = {"case": self.case, "engine": engine, "workers": workers, "sources": len(wanted)}
        return row | seen.figures() | more | (self.fate(wanted) if engine != "threads" else {})

    def fate(self, wanted: set[str]) -> dict[str, int]:
        """Return how many sources lack rows, have them twice, or an error they should not have."""
        import pyarrow.parquet as pq

        parts_of: dict[str, int] = {}
        errors = set()
        for part in self.out.glob("part-*.parquet"):
            table = pq.read_table(part, columns=["source", "error"]).to_pylist()
            errors |= {row["source"] for row in table if row["error"]}
            for name in {row["source"] for row in table}:
                parts_of[name] = parts_of.get(name, 0) + 1
        return {
            "missing": len(wanted - parts_of.keys()),
            "twice": sum(count > 1 for count in parts_of.values()),
            "damaged": len(self.damaged),
            "damaged_named": len(self.damaged & errors),
            "other_errors": len(errors - self.damaged),
        }


def rows(bench: Bench) -> Iterator[dict[str, Any]]:
    """Yield the rows of a case."""
    options = bench.options
    if bench.case == "timing":
        for number in range(options.rounds):
            for engine, workers in WAYS:
                begin = watched(bench.command(engine, workers, bench.few, *alone(engine)))
                seen = watched(bench.command(engine, workers, bench.pictures))
                start = {"start": round(begin.seconds, 1), "round": number}
                after = round(seen.seconds - begin.seconds, 1)
                yield bench.row(engine, workers, seen, **start, after_start=after)
        return
    for engine in options.engines.split(","):
        command = bench.command(engine, 2, bench.pictures, "--part-size", str(options.part_size))
        if bench.case == "driver-kills":
            seen = driver_killed(command, 5, bench.parts)
        elif bench.case == "kills":
            seen = watched(command, kill_every=options.kill_every, most_kills=10)
        else:
            seen = watched(command)
        yield bench.row(engine, 2, seen)


def alone(engine: str) -> list[str]:
    """Return the option that gives each of two workers one of two pictures."""
    return [] if engine == "threads" else ["--part-size", "1"]


def verdict(found: list[dict[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each figure that is wanted of the timing."""
    after = {
        way: median([row["after_start"] for row in found if (row["engine"], row["workers"]) == way])
        for way in WAYS
    }
    for engine in ("local", "ray"):
        share = after[engine, 2] / after["threads", 2]
        gain = after[engine, 1] / after[engine, 2]
        yield f"{engine}, 2 workers: {share:.2f} x the time of 2 threads (wanted: 1.3 or less)"
        yield f"{engine}, 2 workers over 1: {gain:.2f} x (wanted: 1.6 or more)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="+", choices=CASES)
    parser.add_argument("--photo", type=Path, help="a photo with faces, for all cases but small")
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=1, help="of timing")
    parser.add_argument("--engines", default="local,ray", help="for the other cases")
    parser.add_argument("--model", default="nano-wild")
    parser.add_argument("--detector", default="yunet")
    parser.add_argument("--part-size", type=int, default=50, help="for the other cases")
    parser.add_argument("--kill-every", type=float, default=20.0)
    parser.add_argument("--record", type=Path)
    options = parser.parse_args()
    if options.photo is None and set(options.cases) != {"small"}:
        parser.error("--photo is needed")
    for case in options.cases:
        found = []
        with tempfile.TemporaryDirectory() as folder:
            for row in rows(Bench(options, case, Path(folder))):
                print(*(f"{name}={value}" for name, value in row.items()), flush=True)
                found.append(row)
        for line in verdict(found) if case == "timing" else ():
            print(line)
        if options.record:
            measured = {(case, row["engine"]) for row in found}
            write_record(
                options.record,
                found,
                keep=lambda row, new=measured: (row["case"], row["engine"]) not in new,
            )


if __name__ == "__main__":
    main()
