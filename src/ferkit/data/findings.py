"""Findings of an audit, one row each, and the file `audit.csv` that holds them."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Final

from ferkit.errors import DataError
from ferkit.files import atomic_path

# Every kind of finding, with its meaning.
KINDS: Final = {
    "duplicate": "pixel-identical to another image",
    "near-duplicate": "another rendering of the same picture, possibly shifted or cropped a little",
    "conflict": "copies of one picture that have different labels",
    "leak": "a training image that is in validation or test as well",
    "blank": "one grey at every pixel",
    "low-contrast": "almost no difference between dark and light",
    "non-face": "no face, as most of FER+'s annotators say",
    "label-error": "another label is more likely, according to cleanlab and models that had not "
    "seen the image",
}


@dataclass(frozen=True)
class Finding:
    """One defect of one image.

    Attributes:
        kind: One of `KINDS`.
        source: The image, as `FerDataset.sources` names it.
        split: Its split.
        label: Its label.
        suggested: The suggested label, `""` if there is none.
        group: Name of the copies that belong together, `""` for an image on its own.
        score: The measure of this kind, see `docs/audit.md`; `""` if it has none.
        detail: The finding in words.
        exclude: `"yes"` if `ferkit train --exclude` leaves the image out, else `"no"`.
        pixels: The start of the digest of the image's pixels, so that the row cannot be taken for
            another image.
    """

    kind: str
    source: str
    split: str
    label: str
    suggested: str = ""
    group: str = ""
    score: str = ""
    detail: str = ""
    exclude: str = "no"
    pixels: str = ""


COLUMNS: Final = tuple(field.name for field in fields(Finding))


def write_findings(path: str | os.PathLike[str], findings: Iterable[Finding]) -> None:
    """Write `findings` as CSV, one row each, whole or not at all.

    Raises:
        OutputError: The file cannot be written.
    """
    with atomic_path(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(astuple(finding) for finding in findings)


def read_findings(path: str | os.PathLike[str]) -> list[Finding]:
    """Read the findings of an `audit.csv`, which may have been edited by hand.

    Rows may be deleted or reordered, columns that are not needed may be deleted, and `exclude` may
    be set to `yes` or `no`.

    Raises:
        DataError: There is no such file, or it is not one of findings.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "audit.csv"
        >>> blank = Finding("blank", "train/sad/1.png", "train", "sad", exclude="yes")
        >>> write_findings(file, [blank])
        >>> read_findings(file)[0].source
        'train/sad/1.png'
    """
    path = Path(path).expanduser()
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restkey="")
            _check_columns(path, reader.fieldnames or [])
            return [_finding(f"{path}:{reader.line_num}", row) for row in reader]
    except FileNotFoundError:
        raise DataError(f"There is no file {path}; make one with: ferkit audit") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"Cannot read {path} as audit.csv ({reason}).") from error


def _check_columns(path: Path, names: Iterable[str]) -> None:
    missing = {"kind", "source", "split", "label", "exclude"} - {*names}
    if missing:
        raise DataError(
            f"{path}:1: expected the columns of audit.csv, found none named "
            f"{', '.join(sorted(missing))}; "
            "make one with: ferkit audit"
        )


def _finding(where: str, row: dict[str, str | None]) -> Finding:
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
    if None in row.values() or "" in row:
        raise DataError(f"{where}: the row has another number of columns than the first; mend it.")
    if cells["kind"] not in KINDS:
        raise DataError(
            f"{where}: unknown kind '{cells['kind'][:20]}', expected one of {', '.join(KINDS)}; "
            "repair or delete the row."
        )
    if cells["exclude"] not in ("yes", "no"):
        raise DataError(
            f"{where}: exclude must be yes or no, not '{cells['exclude'][:20]}'; mend the row."
        )
    return Finding(**cells)
