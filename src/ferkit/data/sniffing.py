"""Detecting the layout of a file or folder by its name, else by its content."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path
from typing import Final

from ferkit.data.layout import SPLIT_FOLDERS
from ferkit.data.table import KNOWN_TABLES, open_zip, table_member
from ferkit.errors import DataError

TABLE_SUFFIXES: Final = (".csv", ".csv.gz", ".csv.xz", ".tar", ".tar.gz", ".tgz", ".tar.xz")
_ZIP, _GZIP, _XZ = (b"PK\x03\x04", b"PK\x05\x06"), b"\x1f\x8b", b"\xfd7zXZ\x00"
_HEADER = 1024


def layout_of(path: Path) -> str | None:
    """Return `folder`, `zip` (of a folder), `table`, `npz`, or None for anything else.

    Raises:
        DataError: A zip is broken, or the file cannot be read.

    Example:
        >>> layout_of(Path("somewhere/fer2013.csv.gz"))
        'table'
    """
    name = path.name.lower()
    if path.is_dir():
        return "folder"
    if name.endswith(".npz"):
        return "npz"
    if name.endswith(TABLE_SUFFIXES):
        return "table"
    if name.endswith(".zip"):
        return _zip_layout(path)
    try:
        with path.open("rb") as file:
            head = file.read(_HEADER)
        is_packed = head.startswith((_GZIP, _XZ)) or tarfile.is_tarfile(path)
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror or error}.") from error
    if head.startswith(_ZIP):
        return _zip_layout(path)
    columns = head.partition(b"\n")[0].lower()
    return "table" if is_packed or b"pixels" in columns else None


def _zip_layout(path: Path) -> str:
    with open_zip(path) as archive:
        names = archive.namelist()
    if {"meta.npy", "images.npy"} <= set(names):
        return "npz"
    return "table" if table_member(names) else "zip"


def find_table(folder: Path) -> Path | None:
    """Return the FER-2013 table in a folder, or in a folder of that; None if there is none, or
    where folders of splits stand there too.
    """
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir())
    except OSError:
        return None
    if any(name.lower() in SPLIT_FOLDERS for name in names):
        return None
    for known in KNOWN_TABLES:
        for place in (folder, *(folder / name for name in names)):
            for suffix in ("", ".gz", ".xz", ".zip"):
                if (place / f"{known}{suffix}").is_file():
                    return place / f"{known}{suffix}"
    return None
