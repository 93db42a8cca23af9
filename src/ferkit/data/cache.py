"""Read data sets, kept as one `.npz` file each in the user's cache folder."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from pathlib import Path

import numpy as np

from ferkit.data.dataset import FerDataset, SkippedItem
from ferkit.errors import DataError, OutputError
from ferkit.files import atomic_path

# Raise when readers change what they return for the same file.
_VERSION = 1


def cache_folder() -> Path:
    """Return the folder of ferkit's caches: `FERKIT_CACHE`, or the user's cache folder of this system."""
    chosen = os.environ.get("FERKIT_CACHE")
    if chosen:
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("ferkit"))


def cache_file(path: Path, **options: object) -> Path:
    """Return where the data set read from `path` is cached: a name made of path, size, time and options."""
    key = json.dumps(
        [_VERSION, str(path.resolve()), _fingerprint(path), options], sort_keys=True, default=str
    )
    return cache_folder() / "data" / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.npz"


def _fingerprint(path: Path) -> list[int]:
    """Return number of files, their sizes and their newest time, so that any change is seen."""
    if path.is_file():
        stat = path.stat()
        return [1, stat.st_size, stat.st_mtime_ns]
    count = size = newest = checksum = 0
    pending = [os.fspath(path)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    pending.append(entry.path)
                else:
                    stat = entry.stat()
                    count, size = count + 1, size + stat.st_size
                    newest = max(newest, stat.st_mtime_ns)
                    # Order-free, so that a renamed or touched file shows in any folder order.
                    checksum ^= hash_name(entry.path, stat.st_mtime_ns)
    return [count, size, newest, checksum]


def hash_name(name: str, time: int) -> int:
    """Return a 64-bit hash of a file's path and time that is the same in every process."""
    digest = hashlib.blake2b(f"{name}\0{time}".encode("utf-8", "surrogateescape"), digest_size=8)
    return int.from_bytes(digest.digest(), "little")


def save_npz(path: str | Path, dataset: FerDataset) -> None:
    """Write `dataset` as ferkit's own `.npz` file: one uncompressed array per field."""
    meta = {
        "format": "ferkit-dataset",
        "emotions": dataset.emotions,
        "origin": dataset.origin,
        "notes": dataset.notes,
        "skipped": [[item.source, item.reason] for item in dataset.skipped],
    }
    with atomic_path(path) as partial:
        np.savez(
            partial,
            images=dataset.images,
            labels=dataset.labels,
            splits=dataset.splits,
            # Bytes take a quarter of NumPy's four bytes a character.
            sources=np.char.encode(dataset.sources, "utf-8") if len(dataset) else np.array([], "S1"),
            meta=np.array(json.dumps(meta)),
        )


def load_npz(path: str | Path) -> FerDataset:
    """Read a data set that `save_npz` wrote.

    Raises:
        DataError: The file is cut off or not ferkit's.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            meta = json.loads(str(arrays["meta"]))
            return FerDataset(
                images=arrays["images"],
                labels=arrays["labels"],
                splits=arrays["splits"],
                sources=np.char.decode(arrays["sources"], "utf-8"),
                emotions=tuple(meta["emotions"]),
                origin=meta["origin"],
                notes=tuple(meta["notes"]),
                skipped=tuple(SkippedItem(*item) for item in meta["skipped"]),
            )
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{path} is not a data set that ferkit wrote, or it is cut off ({error}); make it again."
        ) from error


def try_load(path: Path) -> FerDataset | None:
    """Return the cached data set at `path`, or None when there is none that can be read."""
    if not path.is_file():
        return None
    try:
        return load_npz(path)
    except DataError:
        path.unlink(missing_ok=True)
        return None


def try_save(path: Path, dataset: FerDataset) -> None:
    """Cache `dataset` at `path`; a full or read-only cache folder costs time later, not the run."""
    try:
        save_npz(path, dataset)
    except OutputError:
        return
