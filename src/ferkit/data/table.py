"""The table layout of FER-2013: `fer2013.csv` and `icml_face_data.csv`, plain or compressed."""

from __future__ import annotations

import csv
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from ferkit.data.bad_items import BadItems
from ferkit.data.dataset import FerDataset
from ferkit.data.folder import broken_archive
from ferkit.data.pixels import PIXELS, parse_pixel_rows
from ferkit.errors import DataError
from ferkit.formats import IMAGE_SUFFIXES
from ferkit.labels import EMOTIONS, IMAGE_SIZE, SPLITS, USAGE_TO_SPLIT

# Rows that are parsed at once: 512 rows are 4 MB of text, so that memory stays far below the
# table's size.
_ROWS_AT_ONCE = 512

_Lines = IO[bytes] | gzip.GzipFile | lzma.LZMAFile

_CODES = {str(code): code for code in range(len(EMOTIONS))}
_KNOWN_TABLES = ("fer2013.csv", "icml_face_data.csv")


def read_table(path: Path, bad: BadItems) -> FerDataset:
    """Read a FER-2013 table with the columns `emotion`, `pixels` and `Usage` in any order.

    Args:
        path: A `.csv` file, or one inside `.gz`, `.xz` or `.zip`.
        bad: Receives rows that cannot be used.

    Raises:
        DataError: The file is no such table, is cut off, or holds a bad row that is not skipped.
    """
    batches = [np.zeros((0, PIXELS), np.uint8)]
    good: list[_Row] = []
    try:
        with _open(path) as file:
            for rows in _in_batches(_rows(path, file)):
                batches.append(_parse(path, rows, bad))
                good += [row for row in rows if not row.problem]
    except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise broken_archive(path, error) from error
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror or error}.") from error
    except RuntimeError as error:  # an encrypted zip, or one packed in a way unknown here
        raise DataError(
            f"Cannot unpack {path} ({error}); unpack it and give the .csv file."
        ) from error
    return FerDataset(
        images=np.concatenate(batches).reshape(len(good), IMAGE_SIZE, IMAGE_SIZE, 1),
        labels=np.array([row.emotion for row in good], dtype=np.int64),
        splits=np.array([row.split for row in good], dtype=np.int8),
        sources=np.array([f"{path.name}:{row.line}" for row in good], dtype=np.str_),
        origin=str(path),
    )


@contextmanager
def _open(path: Path) -> Iterator[_Lines]:
    if path.suffix.lower() == ".gz":
        with gzip.open(path, "rb") as file:
            yield file
    elif path.suffix.lower() == ".xz":
        with lzma.open(path, "rb") as file:
            yield file
    elif path.suffix.lower() == ".zip":
        with zipfile.ZipFile(path) as archive, archive.open(table_member(archive)) as file:
            yield file
    else:
        with path.open("rb") as file:
            yield file


def table_member(archive: zipfile.ZipFile) -> str:
    """Return the name of the FER-2013 table inside a zip, or "" when there is none.

    A table of another name counts when the zip holds no images beside it.
    """
    names = [name for name in archive.namelist() if not name.startswith("__MACOSX/")]
    tables = [name for name in names if name.lower().endswith(".csv")]
    for known in _KNOWN_TABLES:
        for name in tables:
            if Path(name).name.lower() == known:
                return name
    if any(Path(name).suffix.lower() in IMAGE_SUFFIXES for name in names):
        return ""
    return (tables or [""])[0]


@dataclass
class _Row:
    """One row of the table: its line in the file, its codes, the text of its pixels, and what is
    wrong with it.
    """

    line: int
    emotion: int = -1
    split: int = -1
    pixels: bytes = b""
    problem: str | None = None


def _parse(path: Path, rows: list[_Row], bad: BadItems) -> np.ndarray:
    """Return the pixels `(n, 2304)` of the good ones among `rows`; report the others in the file's
    order.
    """
    readable = [row for row in rows if not row.problem]
    pixels, problems = parse_pixel_rows([row.pixels for row in readable])
    for row, problem in zip(readable, problems, strict=True):
        row.problem = problem
    for row in rows:
        if row.problem:
            bad.add(f"{path.name}:{row.line}", row.problem)
    return pixels[[not row.problem for row in readable]]


def _in_batches(rows: Iterator[_Row]) -> Iterator[list[_Row]]:
    batch: list[_Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _ROWS_AT_ONCE:
            yield batch
            # The caller keeps the rows, but their text has served.
            for done in batch:
                done.pixels = b""
            batch = []
    if batch:
        yield batch


def _rows(path: Path, file: _Lines) -> Iterator[_Row]:
    columns = _columns(path, file.readline())
    for number, line in enumerate(file, start=2):
        if not line.strip():
            continue
        fields = _fields(line)
        if len(fields) != columns["width"]:
            problem = f"expected {columns['width']} columns, found {len(fields)}"
            yield _Row(number, problem=problem)
            continue
        emotion = fields[columns["emotion"]].decode("utf-8", "backslashreplace").strip()
        usage = fields[columns["usage"]].decode("utf-8", "backslashreplace").strip()
        if emotion not in _CODES:
            problem = f"unknown emotion '{emotion[:20]}', expected a code 0..{len(EMOTIONS) - 1}"
            yield _Row(number, problem=problem)
        elif usage not in USAGE_TO_SPLIT:
            problem = f"unknown usage '{usage[:20]}', expected {', '.join(USAGE_TO_SPLIT)}"
            yield _Row(number, problem=problem)
        else:
            split = SPLITS.index(USAGE_TO_SPLIT[usage])
            yield _Row(number, _CODES[emotion], split, fields[columns["pixels"]])


def _columns(path: Path, header: bytes) -> dict[str, int]:
    names = [name.decode("utf-8-sig", "replace").strip().lower() for name in _fields(header)]
    if not {"emotion", "pixels", "usage"} <= set(names):
        found = f"found {', '.join(names)[:80]}" if header.strip() else "found an empty line"
        raise DataError(
            f"{path}:1: expected the columns emotion, pixels and Usage of a FER-2013 table, "
            f"{found}; is this the right file?"
        )
    return {name: names.index(name) for name in ("emotion", "pixels", "usage")} | {
        "width": len(names)
    }


def _fields(line: bytes) -> list[bytes]:
    line = line.rstrip(b"\r\n")
    if b'"' not in line:
        return line.split(b",")
    try:
        row = next(csv.reader([line.decode("utf-8", "surrogateescape")]), [])
    except csv.Error:  # a field that never ends
        return [line]
    return [field.encode("utf-8", "surrogateescape") for field in row]
