"""The figures of a card in Markdown."""

from __future__ import annotations

from typing import Any


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def size_cells(card: dict[str, Any]) -> list[str]:
    """Return megabytes, parameters and millions of multiply-accumulates."""
    megabytes = card["files"]["onnx"]["bytes"] / 1e6
    return [f"{megabytes:.2f}", f"{card['parameters']:,}", f"{card['macs'] / 1e6:.1f}"]


def with_interval(entry: dict[str, Any], key: str) -> str:
    """Return a share in per cent with its 95 % interval."""
    if entry[key] is None:
        return "–"
    low, high = entry[f"{key}_ci95"]
    return f"**{percent(entry[key])}** ({100 * low:.1f}–{100 * high:.1f})"


def percent(share: float | None) -> str:
    """Return a share as a number of per cent."""
    return "–" if share is None else f"{100 * share:.2f}"


def spread(summary: dict[str, Any]) -> str:
    """Return mean and standard deviation in per cent."""
    if summary["mean"] is None:
        return "–"
    deviation = "" if summary["sd"] is None else f" ± {100 * summary['sd']:.2f}"
    return f"{percent(summary['mean'])}{deviation}"


def duration(seconds: float | None) -> str:
    """Return a time in minutes."""
    return "–" if seconds is None else f"{seconds / 60:.0f} min"
