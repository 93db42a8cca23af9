"""Copies of the values of variables, which do not change while the model continues to learn."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np


def copied(variables: Iterable[Any]) -> list[np.ndarray]:
    """Return copies of the variables' values in host memory."""
    # An explicit copy: on a CPU, a backend may return memory that the next step overwrites.
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def write_arrays(path: Path, arrays: Iterable[np.ndarray]) -> None:
    """Write arrays one after the other into a file."""
    with path.open("wb") as file:
        for array in arrays:
            np.save(file, array, allow_pickle=False)


def assign_from(path: Path, variables: Iterable[Any]) -> None:
    """Assign the values written by `write_arrays` to variables.

    Raises:
        ValueError: The shapes do not match.
    """
    with path.open("rb") as file:
        for variable in variables:
            variable.assign(np.load(file, allow_pickle=False))
