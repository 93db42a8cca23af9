"""ferkit's own `.npz` file of a data set: one uncompressed array per field."""

from __future__ import annotations

import json
import zipfile
import zlib
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np

from ferkit.data.bad_items import BadItems
from ferkit.data.dataset import FerDataset, SkippedItem
from ferkit.data.sniffing import layout_of
from ferkit.errors import DataError
from ferkit.files import atomic_path

_FORMAT = "ferkit-dataset"


def accepts(path: Path) -> bool:
    """Return whether the file is one of ferkit's own."""
    return layout_of(path) == "npz"


def read(path: Path, bad: BadItems) -> FerDataset:  # noqa: ARG001 (every reader takes it)
    """Read the file; its items were checked when it was written.

    Args:
        path: The file.
        bad: Not used.
    """
    return load_npz(path)


def save_npz(path: str | Path, dataset: FerDataset) -> None:
    """Write `dataset` to `path`, whole or not at all.

    Raises:
        OutputError: The file cannot be written.

    Example:
        >>> import tempfile
        >>> data = FerDataset(
        ...     images=np.zeros((1, 48, 48, 1), np.uint8),
        ...     labels=np.array([3]),
        ...     splits=np.array([0], np.int8),
        ...     sources=np.array(["a.png"]),
        ... )
        >>> file = Path(tempfile.mkdtemp()) / "faces.npz"
        >>> save_npz(file, data)
        >>> str(load_npz(file).sources[0])
        'a.png'
    """
    meta = {
        "format": _FORMAT,
        "emotions": dataset.emotions,
        "origin": dataset.origin,
        "notes": dataset.notes,
        "skipped": [[item.source, item.reason] for item in dataset.skipped],
        "label_source": dataset.label_source,
    }
    given = {"targets": dataset.targets, "votes": dataset.votes}
    optional: dict[str, Any] = {name: rows for name, rows in given.items() if rows is not None}
    with atomic_path(path) as partial:
        np.savez(
            partial,
            images=dataset.images,
            labels=dataset.labels,
            splits=dataset.splits,
            # Bytes take a quarter of NumPy's four bytes a character.
            sources=np.char.encode(dataset.sources, "utf-8")
            if len(dataset)
            else np.array([], "S1"),
            meta=np.array(json.dumps(meta)),
            **optional,
        )


def load_npz(path: str | Path) -> FerDataset:
    """Read a data set that `save_npz` wrote.

    Raises:
        DataError: The file is cut off, damaged, or not ferkit's.
    """
    try:
        # Opened here, since np.load leaves a file open that turns out to be no zip.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            meta = json.loads(str(arrays["meta"]))
            if meta["format"] != _FORMAT:
                raise ValueError(f"its format is {meta['format']!r}")
            return FerDataset(
                images=arrays["images"],
                labels=arrays["labels"],
                splits=arrays["splits"],
                sources=np.char.decode(arrays["sources"], "utf-8"),
                emotions=tuple(meta["emotions"]),
                origin=meta["origin"],
                notes=tuple(meta["notes"]),
                skipped=tuple(SkippedItem(*item) for item in meta["skipped"]),
                targets=arrays.get("targets"),
                votes=arrays.get("votes"),
                label_source=meta.get("label_source", ""),
            )
    except (
        *(OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, DataError),
        # What zipfile and NumPy's reader of headers raise as well, RuntimeError for an encryption.
        *(zipfile.BadZipFile, zlib.error, RuntimeError, MemoryError, SyntaxError, TokenError),
    ) as error:
        raise DataError(
            f"{path} is not a data set that ferkit wrote, or it is damaged ({error}); make it "
            "again."
        ) from error
