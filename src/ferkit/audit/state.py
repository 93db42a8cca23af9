"""Intermediate results of an unfinished audit, with which it can continue."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from ferkit.data.dataset import FerDataset
from ferkit.data.duplicates import pixel_digests
from ferkit.files import atomic_path

# Increased by every change that computes other values from the same images.
_VERSION = 2

# NAME-PART-KEY.npy, and the temporary file of `atomic_path` for it.
_OWN = re.compile(r"\.?[a-z0-9-]+-\d+-[0-9a-f]{12}(\.[0-9a-f]{8})?\.npy")


class AuditState:
    """Arrays by name in a folder, for one data set and seed.

    Args:
        folder: The folder. Arrays for another data set or seed are removed; other files are kept.
        dataset: The data set.
        seed: Seed of the audit.
    """

    def __init__(self, folder: Path, dataset: FerDataset, seed: int) -> None:
        self.folder = folder
        digest = hashlib.sha256(json.dumps([_VERSION, seed, len(dataset.emotions)]).encode())
        for array in (pixel_digests(dataset.images), dataset.labels, dataset.splits):
            digest.update(array.tobytes())
        self._key = digest.hexdigest()[:12]
        self.resumed: list[str] = []
        if folder.is_dir() and not list(folder.glob(f"*-{self._key}.npy")):
            self.finish()

    def arrays(
        self, name: str, count: int, compute: Callable[[], tuple[np.ndarray, ...]]
    ) -> tuple[np.ndarray, ...]:
        """Return the `count` arrays stored under `name`; if there are none, compute and store them.

        Raises:
            OutputError: The arrays cannot be stored.
        """
        files = [self.folder / f"{name}-{i}-{self._key}.npy" for i in range(count)]
        try:
            found = tuple(np.load(file) for file in files)
        except (OSError, ValueError, EOFError):  # missing or incomplete
            arrays = compute()
            for file, array in zip(files, arrays, strict=True):
                with atomic_path(file) as partial:
                    np.save(partial, array)
            return arrays
        self.resumed.append(name)
        return found

    def array(self, name: str, compute: Callable[[], np.ndarray]) -> np.ndarray:
        """Return the array stored under `name`; if there is none, compute and store it.

        Raises:
            OutputError: The array cannot be stored.
        """
        return self.arrays(name, 1, lambda: (compute(),))[0]

    def has(self, name: str) -> bool:
        """Return whether an array is stored under `name`."""
        return (self.folder / f"{name}-0-{self._key}.npy").is_file()

    def finish(self) -> None:
        """Remove all arrays, including partial ones, and the folder if it is empty then."""
        with suppress(OSError):
            for file in self.folder.glob("*.npy"):
                if _OWN.fullmatch(file.name):
                    file.unlink()
            self.folder.rmdir()
