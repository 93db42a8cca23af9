"""Cache of data sets that were read, one `.npz` file each in the user's cache folder."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path

from ferkit.data.dataset import FerDataset
from ferkit.data.npz import load_npz, save_npz
from ferkit.data.walk import FoundFile, walk_files
from ferkit.errors import DataError, OutputError
from ferkit.files import cache_folder

# Increase when readers return something else for the same file.
_VERSION = 5


def cache_file(path: Path, **options: object) -> Path:
    """Return where the data set read from `path` is cached.

    The name's first half stands for path and options, its second for the state of the source: size
    and time of every file. A changed source therefore has another name, and `try_save` can tell
    which files are out of date.
    """
    source = json.dumps([str(path.resolve()), options], sort_keys=True, default=str)
    return cache_folder() / "data" / f"{_digest(source)}-{_digest(_state(path))}.npz"


def _state(path: Path) -> str:
    if path.is_dir():
        files = sorted(walk_files(path), key=lambda file: file.name)
    else:
        status = path.stat()
        files = [FoundFile("", status.st_size, status.st_mtime_ns)]
    lines = (f"{file.name}\0{file.size}\0{file.mtime_ns}" for file in files)
    return "\n".join((str(_VERSION), *lines))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def try_load(path: Path) -> FerDataset | None:
    """Return the cached data set at `path`, or None if it is missing or cannot be read."""
    try:
        return load_npz(path) if path.is_file() else None
    except DataError:
        with suppress(OSError):
            path.unlink()
        return None
    except OSError:
        return None


def try_save(path: Path, dataset: FerDataset) -> None:
    """Cache `dataset` at `path` in place of what was cached of the same source before it changed.

    With a full or read-only cache folder, only the next load takes longer.
    """
    with suppress(OutputError):
        save_npz(path, dataset)
        source = path.name.partition("-")[0]
        for other in path.parent.glob(f"{source}-*.npz"):
            if other.name != path.name:
                with suppress(OSError):
                    other.unlink()
