"""The CSV file of a benchmark: its rows, with the machine and versions."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ferkit.files import atomic_path, read_rows


def write_record(
    path: Path,
    rows: list[dict[str, Any]],
    *,
    keep: Callable[[dict[str, str]], bool] | None = None,
) -> None:
    """Write `rows` with commit, processor, cores and versions to a CSV file.

    Args:
        path: The file.
        rows: What was measured; all with the same names.
        keep: Says which rows of a file that is there stay, before the new ones. Default: none.
    """
    about = machine()
    kept = [row for row in read_record(path) if keep(row)] if keep else []
    written = [*kept, *({**row, **about} for row in rows)]
    names = dict.fromkeys(name for row in written for name in row)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as partial, partial.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(names), restval="")
        writer.writeheader()
        writer.writerows(written)


# Instruction sets on which speed and rounding of networks depend, x86 and ARM.
FEATURES = (
    *("avx2", "fma", "avx512f", "avx_vnni", "avx512_vnni", "avx512_bf16", "avx512_fp16"),
    *("amx_bf16", "amx_int8", "asimd", "asimddp", "asimdhp", "i8mm", "bf16", "sve"),
)


def machine() -> dict[str, Any]:
    """Return the commit, processor, CPU features, cores and versions of a measurement."""
    from ferkit.runs.environment import git_commit, library_versions, processor_name

    found = processor_features()
    return {
        "commit": git_commit(),
        "processor": processor_name(),
        "features": " ".join(name for name in FEATURES if name in found),
        "cores": os.cpu_count(),
        **library_versions(),
    }


def processor_features() -> set[str]:
    """Return the names of the instruction sets that this CPU has, in lower case, among other words.

    On Linux they are the kernel's; elsewhere OpenCV asks the processor.
    """
    try:
        return set(Path("/proc/cpuinfo").read_text().lower().split())
    except OSError:
        import cv2

        found = (i for i in range(1, 256) if cv2.checkHardwareSupport(i))
        return {cv2.getHardwareFeatureName(i).lower() for i in found}


def read_record(path: Path) -> list[dict[str, str]]:
    """Return the rows of a record, or none where there is no file."""
    return read_rows(path) if path.is_file() else []


def shown_command(script: str, arguments: list[str], *paths: str | None) -> str:
    """Return a command as one would type it, with DATA for the folders of `paths`: no path of this
    machine.
    """
    folders = {str(Path(path).parent) for path in paths if path} - {"."}
    shown = []
    for argument in arguments:
        # The longest first, so that a folder inside another one is not cut short.
        for folder in sorted(folders, key=len, reverse=True):
            argument = argument.replace(f"{folder}/", "DATA/")
        shown.append(argument)
    return " ".join(["python", script, *shown])
