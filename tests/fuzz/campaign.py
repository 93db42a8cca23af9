"""Damage files and read them, in a process that may die, with time and memory of each reading.

python tests/fuzz/campaign.py --cases 10000 --out records/fuzz
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from subjects import Subject

HERE = Path(__file__).resolve().parent
# Longer than any reading may take on a busy machine.
SECONDS_TO_READ = 60
SECONDS_TO_START = 120
GOOD = ("read", "refused")
OUTCOMES = (*GOOD, "traceback", "died", "hung")


@dataclass
class Case:
    """One damaged file and the outcome of reading it.

    Attributes:
        number: Seed of the damage.
        subject: Name of the file.
        kind: Kind of the file.
        outcome: `read`, `refused` (a `FerkitError`), `traceback`, `died` or `hung`.
        seconds: Time of reading.
        megabytes: Peak of memory above what the process held before.
        message: What was raised.
    """

    number: int
    subject: str
    kind: str
    outcome: str
    seconds: float
    megabytes: float
    message: str = ""


def run_campaign(cases: int, first: int = 0, *, keras: bool = False) -> tuple[list[Case], str]:
    """Return the outcomes of `cases` damaged files, and what native code printed on the terminal.

    Args:
        cases: How many files are damaged.
        first: Seed of the first damage; the others follow. Defaults to 0.
        keras: Whether `.keras` files are among them, which need Keras. Defaults to False.
    """
    found: list[Case] = []
    with tempfile.TemporaryFile() as terminal:
        while len(found) < cases:
            start = first + len(found)
            found += _one_process(start, first + cases, keras, terminal.fileno())
        terminal.seek(0)
        return found, terminal.read().decode(errors="replace")


def _one_process(start: int, stop: int, keras: bool, terminal: int) -> list[Case]:
    """Return the cases until the process ends, the last of which may have ended it."""
    paths = os.pathsep.join([str(HERE.parent / "support"), str(HERE.parents[1] / "src")])
    worker = subprocess.Popen(
        [
            sys.executable,
            str(HERE / "campaign.py"),
            "--worker",
            *map(str, (start, stop, int(keras))),
        ],
        stdout=subprocess.PIPE,
        stderr=terminal,
        text=True,
        env={**os.environ, "PYTHONPATH": paths, "TF_CPP_MIN_LOG_LEVEL": "2"},
    )
    lines: Queue[str] = Queue()
    assert worker.stdout is not None
    Thread(target=_pass_on, args=(worker.stdout, lines), daemon=True).start()
    found: list[Case] = []
    begun: Case | None = None
    limit = SECONDS_TO_START
    while True:
        try:
            line = lines.get(timeout=limit)
        except Empty:
            worker.kill()
            worker.wait()
            assert begun, "the worker did not start"
            return [*found, Case(**{**asdict(begun), "outcome": "hung", "seconds": limit})]
        limit = SECONDS_TO_READ
        if line:
            case = Case(**json.loads(line))
            begun = case if case.outcome == "begun" else None
            found += [] if begun else [case]
            continue
        if worker.wait() and begun:
            return [*found, Case(**{**asdict(begun), "outcome": "died"})]
        assert not worker.returncode, "the worker failed; its words are above"
        return found


def _pass_on(source: IO[str], lines: Queue[str]) -> None:
    """Put every line into a queue, and an empty one at the end."""
    with source:
        for line in source:
            lines.put(line)
    lines.put("")


def _work(start: int, stop: int, keras: bool) -> None:
    """Read damaged files, and print each case as JSON before and after."""
    import warnings

    from mutation import mutate
    from subjects import make_subjects

    from ferkit.errors import FerkitError

    # Standard output is for the cases alone; what anything else writes counts as on the terminal.
    cases = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    # Of Pillow's plugins about odd metadata, which the commands hold back as well.
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subjects = make_subjects(folder, keras=keras)
        for subject in subjects:  # loads the libraries, so that no case pays for them
            _read(subject, subject.content, folder)
        for number in range(start, stop):
            subject = subjects[number % len(subjects)]
            content = mutate(subject.content, random.Random(number), text=subject.text)
            case = Case(number, subject.name, subject.kind, "begun", 0.0, 0.0)
            print(json.dumps(asdict(case)), file=cases)
            before, begin = _start_of_peak(), time.perf_counter()
            try:
                _read(subject, content, folder)
                case.outcome = "read"
            except FerkitError as error:
                case.outcome, case.message = "refused", str(error)[:200]
            except Exception:
                case.outcome, case.message = "traceback", traceback.format_exc()[-600:]
            case.seconds = round(time.perf_counter() - begin, 4)
            case.megabytes = round(max(0.0, _peak() - before), 1)
            print(json.dumps(asdict(case)), file=cases)


def _read(subject: Subject, content: bytes, folder: Path) -> None:
    path = folder / "damaged" / subject.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    subject.read(path)


def _start_of_peak() -> float:
    """Reset the peak of memory to the current use, and return that, in megabytes."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return 0.0
    return _peak()


def _peak() -> float:
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0.0
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024


def _write_records(cases: list[Case], terminal: str, folder: Path, seconds: float) -> None:
    """Write one row for each file, and the log of findings."""
    from ferkit.runs.environment import git_commit, library_versions, processor_name

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "campaign.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["subject", "kind", "cases", *OUTCOMES, "most_seconds", "most_megabytes"])
        for name in dict.fromkeys(case.subject for case in cases):
            own = [case for case in cases if case.subject == name]
            count = Counter(case.outcome for case in own)
            most = max(case.seconds for case in own), max(case.megabytes for case in own)
            outcomes = [count[outcome] for outcome in OUTCOMES]
            writer.writerow([name, own[0].kind, len(own), *outcomes, *most])
    lines = terminal.count("\n")
    log = [f"$ {' '.join(sys.argv)}", f"commit {git_commit()}, {processor_name()}"]
    log += [", ".join(f"{name} {version}" for name, version in library_versions().items())]
    log += [f"{len(cases)} cases in {seconds:.0f} s, {lines} lines on the terminal"]
    log += [str(dict(Counter(case.outcome for case in cases)))]
    shown = {
        "slowest": sorted(cases, key=lambda case: -case.seconds)[:5],
        "largest": sorted(cases, key=lambda case: -case.megabytes)[:5],
        "faults": [case for case in cases if case.outcome not in GOOD],
    }
    for title, chosen in shown.items():
        log += [f"{title}:", *(f"  {json.dumps(asdict(case))}" for case in chosen)]
    text = "\n".join([*log, *(["terminal:", terminal] if terminal else [])]) + "\n"
    (folder / "campaign.log").write_text(text, encoding="utf-8")
    print(text)


def main() -> None:
    """Run a campaign and write its figures; exit with 1 where a file was neither read nor
    refused.
    """
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="Seed of the first case.")
    parser.add_argument("--out", type=Path, default=Path("records/fuzz"))
    parser.add_argument("--keras", action="store_true", help="Damage .keras files too.")
    parser.add_argument("--worker", type=int, nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        _work(*options.worker)
        return
    begin = time.monotonic()
    cases, terminal = run_campaign(options.cases, options.first, keras=options.keras)
    _write_records(cases, terminal, options.out, time.monotonic() - begin)
    sys.exit(any(case.outcome not in GOOD for case in cases))


if __name__ == "__main__":
    main()
