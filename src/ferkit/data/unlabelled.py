"""The faces of a FER-2013 table, row by row, with or without labels."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from ferkit.data.pixels import parse_pixel_rows
from ferkit.data.table import column_names, header_of, open_table, split_fields
from ferkit.data.table_rows import numbered_rows
from ferkit.errors import DataError
from ferkit.labels import IMAGE_SIZE

_ROWS_AT_ONCE = 512


def is_pixel_table(path: Path) -> bool:
    """Return whether a file is a `.csv` with a column `pixels`, such as the `test.csv` of the
    challenge.
    """
    if path.suffix.lower() != ".csv":
        return False
    try:
        with open_table(path) as file:
            return "pixels" in column_names(header_of(numbered_rows(file)))
    except (OSError, ValueError):
        return False


def read_faces(path: Path) -> Iterator[tuple[int, np.ndarray | None, str | None]]:
    """Yield the rows of a table: the line, the face `uint8` `(48, 48)` or None, and what is wrong
    with it or None.

    Raises:
        DataError: The table has no column `pixels`, or cannot be read.
    """
    try:
        with open_table(path) as file:
            numbered = numbered_rows(file)
            names = column_names(header_of(numbered))
            if "pixels" not in names:
                raise DataError(f"{path}:1: expected a column pixels, found {', '.join(names)}.")
            column = names.index("pixels")
            while rows := list(islice(numbered, _ROWS_AT_ONCE)):
                rows = [(number, line) for number, line in rows if line.strip()]
                fields = [(split_fields(line) + [b""] * len(names))[column] for _, line in rows]
                pixels, problems = parse_pixel_rows(fields)
                faces = pixels.reshape(-1, IMAGE_SIZE, IMAGE_SIZE)
                for (number, _), face, problem in zip(rows, faces, problems, strict=True):
                    yield number, None if problem else face, problem
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror or error}.") from error
