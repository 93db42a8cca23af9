"""The tables of records/peers.csv: medians over the rounds, relative to `fer`'s fastest way."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ferkit.weights import OLD_NAMES
from record import read_record

SETTINGS = ((1, 1), (1, 256), (2, 1), (2, 256))  # threads, batch
REFERENCE = "fer"
SHARES = ("accuracy", "clean_accuracy", "macro_f1")
SPEED_HEADER = tuple(f"{t} thread{'s' * (t > 1)}, batch {b}" for t, b in SETTINGS)


@dataclass(frozen=True)
class Result:
    """What one way of using one model came to.

    Attributes:
        model: Its name.
        way: How it was used.
        peer: Whether it is not ferkit's own.
        parameters: As the worker counts them, or "".
        values: Measure, threads, batch -> the values of the rounds.
    """

    model: str
    way: str
    peer: bool
    parameters: str
    values: dict[tuple[str, int, int], list[float]]

    def median(self, measure: str, threads: int = 0, batch: int = 0) -> float | None:
        """Return the median of the rounds; 0 stands for any threads or batch. None where nothing
        was measured.
        """
        found = [
            value
            for (name, t, b), values in self.values.items()
            if name == measure and threads in (0, t) and batch in (0, b)
            for value in values
        ]
        return statistics.median(found) if found else None

    def speeds(self, threads: int, batch: int) -> list[float]:
        """Return the images per second of every round."""
        return self.values.get(("images_per_second", threads, batch), [])


def read_results(path: Path) -> list[Result]:
    """Return the results of a record, or none where there is no record."""
    return gather(read_record(path))


def gather(records: Iterable[dict[str, Any]]) -> list[Result]:
    """Return one result for each model and way, in the order of the record."""
    results: dict[tuple[str, str], Result] = {}
    for record in records:
        name, way = record["model"], record["way"]
        about = (name, way, bool(int(record["peer"])), str(record["parameters"]))
        result = results.setdefault((name, way), Result(*about, {}))
        key = (record["measure"], int(record["threads"]), int(record["batch"]))
        result.values.setdefault(key, []).append(float(record["value"]))
    return list(results.values())


def fastest(results: list[Result], model: str, threads: int, batch: int) -> float | None:
    """Return the median speed of the fastest way of using `model` at a setting."""
    medians = [
        statistics.median(result.speeds(threads, batch))
        for result in results
        if result.model == model and result.speeds(threads, batch)
    ]
    return max(medians, default=None)


def short_table(results: list[Result]) -> str:
    """Return one row per model, peers first: its fastest way, its best accuracy, its least load
    time and memory.

    In brackets: times `fer`'s fastest way at that setting.
    """
    header = ("model", "parameters", "test", "clean", "macro F1", *SPEED_HEADER, "load", "memory")
    lines = []
    for name in sorted({r.model: r for r in results}, key=lambda n: order(results, n)):
        ways = [r for r in results if r.model == name]
        best = {m: max(known(r.median(m) for r in ways), default=None) for m in SHARES}
        cells = [
            OLD_NAMES.get(name, name),
            next((with_commas(r.parameters) for r in ways if r.parameters), ""),
        ]
        cells += [percent(best[measure]) for measure in SHARES]
        for setting in SETTINGS:
            speed, reference = (fastest(results, who, *setting) for who in (name, REFERENCE))
            cells.append(number(speed) + ratio(speed, reference, name))
        load = min(known(r.median("load_s") for r in ways), default=None)
        memory = min(known(r.median("peak_mb", 1) for r in ways), default=None)
        cells += [unit(load, "s", 2), unit(memory, "MB", 0)]
        lines.append(cells)
    return markdown(header, lines)


def full_table(results: list[Result]) -> str:
    """Return one row per model and way: median, and in brackets the lowest and highest round."""
    header = ("model", "used by", "test", "clean", "macro F1", *SPEED_HEADER, "load", "memory")
    lines = []
    for result in sorted(results, key=lambda r: order(results, r.model)):
        cells = [OLD_NAMES.get(result.model, result.model), f"`{result.way}`"]
        cells += [percent(result.median(measure)) for measure in SHARES]
        cells += [spread(result.speeds(*setting)) for setting in SETTINGS]
        cells += [unit(result.median("load_s"), "s", 2), unit(result.median("peak_mb", 1), "MB", 0)]
        lines.append(cells)
    return markdown(header, lines)


def order(results: list[Result], model: str) -> tuple[bool, int]:
    """Sort peers first, then as recorded."""
    names = [r.model for r in results]
    return not next(r.peer for r in results if r.model == model), names.index(model)


def markdown(header: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    names = list(header)
    rule = "|" + "---|" * len(names)
    rows = ["| " + " | ".join(cells) + " |" for cells in lines]
    return "\n".join(["| " + " | ".join(names) + " |", rule, *rows])


def known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.2f} %"


def number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def unit(value: float | None, name: str, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f} {name}"


def with_commas(count: str) -> str:
    return f"{int(count):,}" if count else ""


def ratio(speed: float | None, reference: float | None, name: str) -> str:
    if speed is None or reference is None or name == REFERENCE:
        return ""
    return f" ({speed / reference:.1f} x)"


def spread(speeds: list[float]) -> str:
    if not speeds:
        return ""
    return f"{statistics.median(speeds):,.0f} ({min(speeds):,.0f} to {max(speeds):,.0f})"
