"""ferkit's models against `fer`: accuracy, speed, load time and memory, on the same rows.

Every contender is a separate process that reads commands as JSON lines (benchmarks/contenders). It
is pinned to one processor, then to two, with thread pools of the same size. Speed is measured in
rounds: in each, every contender works for `--seconds` at each batch size, in an order that rotates
from round to round, so that a slow moment of the machine affects all equally. The timed part takes
`uint8` 48x48 crops and returns classes, preparation included. `fer` has its own environment in
ferkit's cache folder (benchmarks/contenders/peer_environment.py) and is used in every way that it
offers; tables compare with its fastest. For peers whose weights are in no package, only the speed
is measured, with untrained weights. See docs/benchmarks.md.

    python benchmarks/peers.py --data fer2013.csv --record records/peers.csv
    python benchmarks/leaderboard.py
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from contenders.client import HERE, Contender, Worker
from contenders.peer_architectures import ARCHITECTURES
from contenders.peer_environment import fer_python
from peers_table import full_table, gather, short_table
from record import machine, shown_command, write_record

FER_WAYS = ("api-tflite", "api-keras", "keras-predict", "keras-function", "tflite-batch")
KERAS_WAYS = ("keras-predict", "keras-function")
BATCHES = (1, 256)


@dataclass(frozen=True)
class Rows:
    """The images that all contenders classify: `uint8` `(n, 48, 48, 1)`, labels, and which have a
    twin in train.
    """

    images: np.ndarray
    labels: np.ndarray
    twins: np.ndarray


def main() -> None:
    arguments = parse()
    contenders = [*own_contenders(arguments.model), *peer_contenders(arguments)]
    rows = read_rows(arguments.data, arguments.limit)
    files = [given.partition("=")[2] for given in arguments.keras_file]
    paths = (arguments.data, *(arguments.model or ()), *files)
    command = shown_command("benchmarks/peers.py", sys.argv[1:], *paths)
    with tempfile.TemporaryDirectory() as folder:
        images = Path(folder) / "images.npy"
        np.save(images, rows.images)
        found = list(load_times(contenders, arguments.rounds))
        for threads in arguments.threads:
            found += compare(contenders, images, rows, threads, arguments)
    records = [{**row, "command": command} for row in found]
    results = gather(records)
    about = machine()
    where = f"On {about['processor']} with {about['features']}, {about['cores']} cores."
    print(full_table(results), short_table(results), where, sep="\n\n")
    if arguments.record:
        write_record(arguments.record, records)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="FER-2013, in any layout that ferkit reads")
    parser.add_argument(
        "--model", action="append", help="shipped model or .onnx file (default: all shipped ones)"
    )
    parser.add_argument("--way", action="append", choices=FER_WAYS, help="of fer (default: all)")
    parser.add_argument(
        "--keras-file",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="another peer's Keras file that takes -1..1, run in fer's environment",
    )
    parser.add_argument(
        "--architecture",
        action="append",
        choices=(*ARCHITECTURES, "none"),
        help="another peer's network, untrained, for its speed alone (default: all)",
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement of speed")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--limit", type=int, help="take only so many rows, to try the script")
    parser.add_argument("--record", type=Path, help="CSV file to write")
    arguments = parser.parse_args()
    if arguments.record and arguments.limit:
        parser.error("a record needs all rows: leave out --limit or --record")
    if arguments.limit is not None and arguments.limit < max(BATCHES):
        parser.error(f"--limit takes {max(BATCHES)} rows or more, for a batch of so many")
    if max(arguments.threads) > len(os.sched_getaffinity(0)):
        parser.error(f"there are only {len(os.sched_getaffinity(0))} processors here")
    return arguments


def own_contenders(models: list[str] | None) -> list[Contender]:
    from ferkit.weights import shipped_models

    names = models or list(shipped_models())
    if not names:
        raise SystemExit("ferkit ships no model here; name an .onnx file with --model.")
    script, python = HERE / "ferkit_worker.py", Path(sys.executable)
    return [
        Contender(Path(name).stem, "EmotionClassifier", False, python, script, (name,))
        for name in names
    ]


def peer_contenders(arguments: argparse.Namespace) -> list[Contender]:
    python, script = fer_python(), HERE / "fer_worker.py"
    found = [
        Contender("fer", way, True, python, script, (way,)) for way in arguments.way or FER_WAYS
    ]
    for given in arguments.keras_file:
        name, separator, file = given.partition("=")
        if not separator:
            raise SystemExit(f"--keras-file takes NAME=FILE, not {given!r}.")
        found += [Contender(name, way, True, python, script, (way, file)) for way in KERAS_WAYS]
    shapes = [name for name in arguments.architecture or ARCHITECTURES if name != "none"]
    found += [
        Contender(name, way, True, python, script, (way, name))
        for name in shapes
        for way in KERAS_WAYS
    ]
    return found


def read_rows(data: str, limit: int | None) -> Rows:
    """Return the test split, or `limit` rows of it, with who has a twin in train."""
    from ferkit.data.duplicates import has_twin
    from ferkit.data.load import load_fer2013

    dataset = load_fer2013(data)
    test = dataset.split("test")
    twins = has_twin(test.images, dataset.split("train").images)
    return Rows(test.images[:limit], test.labels[:limit], twins[:limit])


def load_times(contenders: list[Contender], rounds: int) -> Iterator[dict[str, Any]]:
    """Start each contender anew in every round; the first start, which fills the disk's cache, does
    not count.
    """
    for number in range(-1, rounds):
        for contender in turned(contenders, number):
            with Worker(contender, 1) as worker:
                if number >= 0:
                    yield row(worker, "load_s", worker.load_seconds, threads=1, round=number)


def compare(
    contenders: list[Contender],
    images: Path,
    rows: Rows,
    threads: int,
    arguments: argparse.Namespace,
) -> Iterator[dict[str, Any]]:
    """Score every contender and measure its memory, then its speed, round by round."""
    with ExitStack() as stack:
        workers = {}
        for contender in contenders:
            worker = workers[contender] = stack.enter_context(Worker(contender, threads))
            say(f"{threads} threads: {contender.name}, {contender.way}")
            worker.ask("use", images=str(images))
            predicted = np.array(worker.ask("predict", batch=max(BATCHES))["labels"])
            found = {} if worker.about.get("untrained") else scores(predicted, rows)
            for measure, value in found.items():
                yield row(worker, measure, value, threads=threads, batch=max(BATCHES))
            peak = worker.ask("memory")["peak_mb"]
            yield row(worker, "peak_mb", peak, threads=threads, batch=max(BATCHES))
        for number in range(arguments.rounds):
            say(f"{threads} threads: round {number + 1} of {arguments.rounds}")
            for batch in BATCHES:
                for contender in turned(contenders, number):
                    load = os.getloadavg()[0]
                    worker = workers[contender]
                    done = worker.ask("time", batch=batch, seconds=arguments.seconds)
                    rate = done["images"] / done["seconds"]
                    about = {"threads": threads, "batch": batch, "round": number, "load": load}
                    yield row(worker, "images_per_second", rate, **about)


def turned(contenders: list[Contender], number: int) -> list[Contender]:
    """Return the contenders beginning with another one in every round."""
    start = number % len(contenders)
    return contenders[start:] + contenders[:start]


def scores(predicted: np.ndarray, rows: Rows) -> dict[str, float]:
    """Return accuracy, accuracy without twins, and macro F1, as shares.

    A class that FER-2013 does not have (-1) is a wrong answer.
    """
    from ferkit.labels import EMOTIONS
    from ferkit.metrics.scores import confusion_matrix, per_class_scores

    right = predicted == rows.labels
    other = len(EMOTIONS)
    matrix = confusion_matrix(rows.labels, np.where(predicted < 0, other, predicted), other + 1)
    return {
        "accuracy": float(right.mean()),
        "clean_accuracy": float(right[~rows.twins].mean()),
        "macro_f1": float(per_class_scores(matrix)["f1"][:other].mean()),
    }


def row(worker: Worker, measure: str, value: float, **about: Any) -> dict[str, Any]:
    """Return one measurement as a row of the record."""
    contender = worker.contender
    load = about.pop("load", os.getloadavg()[0])
    return {
        "model": contender.name,
        "way": contender.way,
        "peer": int(contender.peer),
        "parameters": worker.about.get("parameters") or "",
        "file_mb": worker.about.get("file_mb") or "",
        "measure": measure,
        "threads": about["threads"],
        "batch": about.get("batch", 1),
        "round": about.get("round", 0),
        "value": f"{value:.9g}",
        "load_average": f"{load:.2f}",
        "worker": worker.about["versions"],
    }


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
