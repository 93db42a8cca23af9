"""Measured figures with their targets, as a table and as rows of a record."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "<": operator.lt,
    "=": operator.eq,
}


def figure(name: str, value: float, wanted: str = "") -> dict[str, Any]:
    """Return a row: what was measured, its value, what is wanted, and whether it is so.

    Args:
        name: What was measured, with its unit.
        value: What came out.
        wanted: A comparison and a number, such as `">= 24"`; nothing where nothing is.
    """
    value = round(value, 4) if isinstance(value, float) else value
    return {"figure": name, "value": value, "wanted": wanted, "met": _met(value, wanted)}


def print_figures(rows: Sequence[dict[str, Any]]) -> None:
    """Print rows of `figure` as a table."""
    width = max(len(row["figure"]) for row in rows)
    for row in rows:
        print(f"{row['figure']:<{width}} {row['value']!s:>10}  {row['wanted']:<9} {row['met']}")


def _met(value: float, wanted: str) -> str:
    if not wanted:
        return ""
    sign, number = wanted.split()
    return "yes" if _COMPARISONS[sign](value, float(number)) else "no"
