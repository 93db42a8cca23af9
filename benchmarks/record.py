"""The CSV file of a benchmark: its rows, with what they were measured on."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any


def write_record(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write `rows` with commit, processor, cores and versions to a CSV file."""
    from ferkit.training.environment import git_commit, library_versions, processor_name

    about = {
        "commit": git_commit(),
        "processor": processor_name(),
        "cores": os.cpu_count(),
        **library_versions(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], *about])
        writer.writeheader()
        writer.writerows({**row, **about} for row in rows)
