"""Seconds and memory of reading FER-2013 from every layout, the first time and from the cache.

Every load is a fresh process. The sources are made from `--data`, a folder with
`fer2013-folders.zip` and `fer2013.csv.xz`, in a temporary folder, which needs 650 MB. `cpu_s`
hardly depends on the machine's other load, which is recorded as `load_average`.

    python benchmarks/data_loading.py --data ../shared/data --record records/data_loading.csv
"""

from __future__ import annotations

import argparse
import gzip
import json
import lzma
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from record import write_record


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of the zip and the .csv.xz")
    parser.add_argument("--record", type=Path, help="CSV file to write")
    parser.add_argument("--load", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.load:
        print(json.dumps(measure(arguments.load)))
        return
    if not arguments.data:
        parser.error("--data is required")
    rows = []
    print(f"{'source':<20} {'first s':>8} {'cpu s':>8} {'peak MB':>8} {'second s':>9} {'load':>6}")
    with tempfile.TemporaryDirectory() as folder:
        for source in sources(arguments.data, Path(folder)):
            row = compare(source, Path(folder) / "cache")
            rows.append(row)
            print(
                f"{row['source']:<20} {row['first_s']:>8.2f} {row['cpu_s']:>8.2f} "
                f"{row['peak_mb']:>8.0f} "
                f"{row['second_s']:>9.2f} {row['load_average']:>6.2f}",
                flush=True,
            )
    if arguments.record:
        write_record(arguments.record, rows)


def sources(data: Path, folder: Path) -> Iterator[Path]:
    """Make and yield one source after the other, and remove each when it has served."""
    images = data / "fer2013-folders.zip"
    yield images
    unpacked = folder / "fer2013-folders"
    with zipfile.ZipFile(images) as archive:
        archive.extractall(unpacked)
    yield unpacked
    shutil.rmtree(unpacked)

    packed = data / "fer2013.csv.xz"
    yield packed
    table = folder / "fer2013.csv"
    with lzma.open(packed) as source, table.open("wb") as target:
        shutil.copyfileobj(source, target)
    yield table
    with table.open("rb") as source, gzip.open(folder / "fer2013.csv.gz", "wb", 6) as target:
        shutil.copyfileobj(source, target)
    yield folder / "fer2013.csv.gz"
    (folder / "fer2013.csv.gz").unlink()
    with zipfile.ZipFile(folder / "fer2013.csv.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(table, table.name)
    table.unlink()
    yield folder / "fer2013.csv.zip"


def compare(source: Path, cache: Path) -> dict[str, Any]:
    load_average = os.getloadavg()[0]
    environment = {**os.environ, "FERKIT_CACHE": str(cache)}
    command = [sys.executable, __file__, "--load", str(source)]
    first, second = (
        json.loads(subprocess.run(command, capture_output=True, check=True, env=environment).stdout)
        for _ in range(2)
    )
    return {
        "source": source.name,
        "images": first["images"],
        "first_s": first["seconds"],
        "cpu_s": first["cpu_s"],
        "peak_mb": first["peak_mb"],
        "second_s": second["seconds"],
        "second_peak_mb": second["peak_mb"],
        "load_average": round(load_average, 2),
    }


def measure(source: str) -> dict[str, Any]:
    from ferkit.data.load import load_fer2013

    start, cpu = time.perf_counter(), time.process_time()
    images = len(load_fer2013(source))
    return {
        "images": images,
        "seconds": round(time.perf_counter() - start, 3),
        "cpu_s": round(time.process_time() - cpu, 3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


if __name__ == "__main__":
    main()
