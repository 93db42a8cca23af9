"""Handling of items that a reader cannot use."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from ferkit.data.dataset import SkippedItem
from ferkit.errors import DataError
from ferkit.files import atomic_path


class BadItems:
    """Raises at the first bad item, or collects them all when `skip` is true."""

    def __init__(self, skip: bool) -> None:
        self.skip = skip
        self.items: list[SkippedItem] = []

    def add(self, source: str, reason: str, fix: str = "") -> None:
        """Record that the item at `source` cannot be used because of `reason`.

        Raises:
            DataError: Bad items are not skipped.
        """
        if not self.skip:
            advice = fix or "Repair or remove it, or leave it out with skip_bad=True"
            raise DataError(f"{source}: {reason}. {advice}.")
        self.items.append(SkippedItem(source, reason))


def write_skipped(path: str | Path, items: Iterable[SkippedItem]) -> None:
    """Write skipped items to a CSV file with the columns `source` and `reason`."""
    with atomic_path(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["source", "reason"])
        writer.writerows((item.source, item.reason) for item in items)
