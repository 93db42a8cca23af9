"""The table layout of FER-2013: `fer2013.csv` and `icml_face_data.csv`, plain or compressed."""

from __future__ import annotations

import codecs
import csv
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from ferkit.data.bad_items import BadItems
from ferkit.data.dataset import FerDataset
from ferkit.data.pixels import PIXELS, parse_pixel_rows
from ferkit.data.table_rows import numbered_rows
from ferkit.errors import DataError
from ferkit.formats import IMAGE_SUFFIXES
from ferkit.labels import EMOTIONS, IMAGE_SIZE, SPLITS, USAGE_TO_SPLIT

# Rows that are parsed at once: 512 rows are 4 MB of text, so that memory stays far below the
# table's size.
_ROWS_AT_ONCE = 512

_Lines = IO[bytes] | gzip.GzipFile | lzma.LZMAFile

_CODES = {str(code): code for code in range(len(EMOTIONS))}
# The last is the challenge's own, without test images.
KNOWN_TABLES = ("fer2013.csv", "icml_face_data.csv", "train.csv")


def read_table(path: Path, bad: BadItems) -> FerDataset:
    """Read a FER-2013 table with the columns `emotion`, `pixels` and `Usage` in any order.

    Without `Usage`, as in the `train.csv` of the challenge, every row counts as Training.

    Args:
        path: A table, or one inside gzip, xz, a zip or a tar.
        bad: Receives rows that cannot be used.

    Raises:
        DataError: The file is no such table, is cut off, or holds a bad row that is not skipped.
    """
    batches = [np.zeros((0, PIXELS), np.uint8)]
    good: list[_Row] = []
    try:
        with open_table(path) as file:
            for rows in _in_batches(_rows(path, file)):
                batches.append(_parse(path, rows, bad))
                good += [row for row in rows if not row.problem]
    except (tarfile.TarError, EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
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


def broken_archive(path: Path, error: Exception) -> DataError:
    """Return the error about a compressed file that cannot be opened."""
    return DataError(
        f"{path} is cut off or not the {path.suffix} file that its name says ({error}); download "
        "it again."
    )


@contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip file for reading.

    Raises:
        DataError: It is broken or cannot be read, which may be found only inside the block.
    """
    try:
        with _listed(path) as archive:
            yield archive
    except zipfile.BadZipFile as error:
        raise broken_archive(path, error) from error
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror or error}.") from error


def _listed(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    # Python cannot read the list of a newer kind of zip, or one with names in a wrong encoding.
    except (NotImplementedError, UnicodeDecodeError) as error:
        raise zipfile.BadZipFile(str(error)) from error


@contextmanager
def open_table(path: Path) -> Iterator[_Lines]:
    """Open a table for reading its lines, wherever it is packed.

    Raises:
        DataError: There is none in the archive.
    """
    packing = _packing(path)
    if packing == "tar":
        with tarfile.open(path) as tar, _tar_member(path, tar) as file:
            yield file
    elif packing == "gz":
        with gzip.open(path, "rb") as file:
            yield file
    elif packing == "xz":
        with lzma.open(path, "rb") as file:
            yield file
    elif packing == "zip":
        with open_zip(path) as archive, archive.open(table_member(archive.namelist())) as file:
            yield file
    else:
        with path.open("rb") as file:
            yield file


def _packing(path: Path) -> str:
    """Return how a table is packed: by the name's suffix, else by the first bytes."""
    name = path.name.lower()
    if name.endswith((".tar", ".tgz", ".tar.gz", ".tar.xz")):
        return "tar"
    if path.suffix.lower() in (".gz", ".xz", ".zip", ".csv"):
        return path.suffix.lower()[1:]
    if tarfile.is_tarfile(path):
        return "tar"
    with path.open("rb") as file:
        head = file.read(6)
    packings = {b"\x1f\x8b": "gz", b"\xfd7zXZ\x00": "xz", b"PK": "zip"}
    return next((kind for magic, kind in packings.items() if head.startswith(magic)), "csv")


def _tar_member(path: Path, tar: tarfile.TarFile) -> IO[bytes]:
    name = table_member([member.name for member in tar.getmembers() if member.isfile()])
    file = tar.extractfile(name) if name else None
    if file is None:
        raise DataError(f"{path} holds no FER-2013 table; unpack it and give its folder.")
    return file


def table_member(names: Sequence[str]) -> str:
    """Return which of the files of an archive is the FER-2013 table, or "" when there is none.

    A table of another name counts if the archive holds no images.
    """
    names = [name for name in names if not name.startswith("__MACOSX/")]
    tables = [name for name in names if name.lower().endswith(".csv")]
    for known in KNOWN_TABLES:
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
            # The caller keeps the rows; their text is not needed any more.
            for done in batch:
                done.pixels = b""
            batch = []
    if batch:
        yield batch


def _rows(path: Path, file: _Lines) -> Iterator[_Row]:
    rows = numbered_rows(file)
    columns = _columns(path, header_of(rows))
    for number, line in rows:
        if not line.strip():
            continue
        fields = split_fields(line)
        if len(fields) != columns["width"]:
            problem = f"expected {columns['width']} columns, found {len(fields)}"
            yield _Row(number, problem=problem)
            continue
        emotion = fields[columns["emotion"]].decode("utf-8", "backslashreplace").strip()
        usage = "Training"
        if "usage" in columns:
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
    names = column_names(header)
    if "pixels" in names and "emotion" not in names:
        raise DataError(
            f"{path} has no column emotion, so there is nothing to learn or to measure; its faces "
            f"can be recognised with: ferkit predict {path}"
        )
    if not {"emotion", "pixels"} <= set(names):
        found = f"found {', '.join(names)[:80]}" if header.strip() else "found an empty line"
        raise DataError(
            f"{path}:1: expected the columns emotion, pixels and Usage of a FER-2013 table, "
            f"{found}; is this the right file?"
        )
    known = [name for name in ("emotion", "pixels", "usage") if name in names]
    return {name: names.index(name) for name in known} | {"width": len(names)}


def header_of(rows: Iterator[tuple[int, bytes]]) -> bytes:
    """Return the first row of a table, empty for an empty file."""
    return next(rows, (1, b""))[1]


def column_names(header: bytes) -> list[str]:
    """Return the names of the columns in the first line of a table, in small letters."""
    fields = split_fields(header.removeprefix(codecs.BOM_UTF8))
    return [name.decode("utf-8", "replace").strip().lower() for name in fields]


def split_fields(line: bytes) -> list[bytes]:
    """Return the fields of a line of a table."""
    line = line.rstrip(b"\r\n")
    if b'"' not in line:
        return line.split(b",")
    try:
        row = next(csv.reader([line.decode("utf-8", "surrogateescape")]), [])
    except csv.Error:  # a field that never ends
        return [line]
    return [field.encode("utf-8", "surrogateescape") for field in row]
