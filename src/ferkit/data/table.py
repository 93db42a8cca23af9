"""The table layout of FER-2013: `fer2013.csv` and `icml_face_data.csv`, plain or compressed."""

from __future__ import annotations

import csv
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

from ferkit.data.bad_items import BadItems
from ferkit.data.dataset import IMAGE_SIZE, FerDataset
from ferkit.data.pixels import parse_pixel_rows
from ferkit.errors import DataError
from ferkit.labels import EMOTIONS, SPLITS, USAGE_TO_SPLIT

# Rows that are parsed at once: 512 rows are 4 MB of text, so that memory stays far below the table's size.
_ROWS_AT_ONCE = 512

_COLUMNS = ("emotion", "pixels", "usage")


def read_table(path: Path, bad: BadItems) -> FerDataset:
    """Read a FER-2013 table with the columns `emotion`, `pixels` and `Usage` in any order.

    Args:
        path: A `.csv` file, or one inside `.gz`, `.xz` or `.zip`.
        bad: Receives rows that can not be used.

    Raises:
        DataError: The file is no such table, is cut off, or holds a bad row that is not skipped.
    """
    images: list[np.ndarray] = []
    labels: list[int] = []
    splits: list[int] = []
    sources: list[str] = []
    try:
        with _open(path) as file:
            for lines, rows in _batches(path, file, bad):
                pixels, problems = parse_pixel_rows([row[2] for row in rows])
                good = []
                for index, problem in enumerate(problems):
                    if problem is not None:
                        bad.add(f"{path.name}:{lines[index]}", problem)
                        continue
                    good.append(index)
                    labels.append(rows[index][0])
                    splits.append(rows[index][1])
                    sources.append(f"{path.name}:{lines[index]}")
                images.append(pixels[good])
    except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise DataError(
            f"{path} is cut off or not the {path.suffix} file that its name says ({error}); "
            "download it again."
        ) from error
    count = len(labels)
    pixels = np.concatenate(images) if images else np.zeros((0, 1), np.uint8)
    return FerDataset(
        images=pixels.reshape(count, IMAGE_SIZE, IMAGE_SIZE, 1),
        labels=np.array(labels, dtype=np.int64),
        splits=np.array(splits, dtype=np.int8),
        sources=np.array(sources, dtype=np.str_),
        origin=str(path),
    )


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    if path.suffix == ".gz":
        with gzip.open(path, "rb") as file:
            yield file
    elif path.suffix == ".xz":
        with lzma.open(path, "rb") as file:
            yield file
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive, archive.open(table_member(archive)) as file:
            yield file
    else:
        with path.open("rb") as file:
            yield file


def table_member(archive: zipfile.ZipFile) -> str:
    """Return the name of the FER-2013 table inside a zip, or "" when there is none."""
    tables = [name for name in archive.namelist() if name.lower().endswith(".csv")]
    known = [n for n in tables if Path(n).name.lower() in ("fer2013.csv", "icml_face_data.csv")]
    return (known or tables or [""])[0]


def _batches(
    path: Path, file: IO[bytes], bad: BadItems
) -> Iterator[tuple[list[int], list[tuple[int, int, bytes]]]]:
    """Yield line numbers and rows of (label, split, pixel text), some hundred at a time."""
    columns = _columns(path, file.readline())
    lines: list[int] = []
    rows: list[tuple[int, int, bytes]] = []
    for number, line in enumerate(file, start=2):
        fields = _fields(line)
        if not any(fields):
            continue
        source = f"{path.name}:{number}"
        if len(fields) != columns["width"]:
            bad.add(source, f"expected {columns['width']} columns, found {len(fields)}")
            continue
        emotion = fields[columns["emotion"]].decode("utf-8", "replace").strip()
        usage = fields[columns["usage"]].decode("utf-8", "replace").strip()
        if emotion not in _CODES:
            bad.add(source, f"unknown emotion {emotion!r}, expected a code 0..{len(EMOTIONS) - 1}")
        elif usage not in USAGE_TO_SPLIT:
            bad.add(source, f"unknown usage {usage!r}, expected {', '.join(USAGE_TO_SPLIT)}")
        else:
            lines.append(number)
            split = SPLITS.index(USAGE_TO_SPLIT[usage])
            rows.append((_CODES[emotion], split, fields[columns["pixels"]]))
        if len(rows) == _ROWS_AT_ONCE:
            yield lines, rows
            lines, rows = [], []
    if rows:
        yield lines, rows


_CODES = {str(code): code for code in range(len(EMOTIONS))}


def _columns(path: Path, header: bytes) -> dict[str, int]:
    names = [name.decode("utf-8-sig", "replace").strip().lower() for name in _fields(header)]
    missing = [name for name in _COLUMNS if name not in names]
    if missing:
        found = ", ".join(names)[:80] or "an empty file"
        raise DataError(
            f"{path}:1: expected the columns emotion, pixels and Usage of a FER-2013 table, "
            f"found {found}; is this the right file?"
        )
    return {name: names.index(name) for name in _COLUMNS} | {"width": len(names)}


def _fields(line: bytes) -> list[bytes]:
    line = line.rstrip(b"\r\n")
    if b'"' not in line:
        return line.split(b",")
    text = line.decode("utf-8", "replace")
    return [field.encode() for field in next(csv.reader([text]), [])]
