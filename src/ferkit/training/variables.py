"""The values of variables, apart from the model that keeps learning."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np


def copied(variables: Iterable[Any]) -> list[np.ndarray]:
    """Return the variables' values in the host's memory."""
    # Copied for certain: on a CPU a backend may lend the memory that the next step overwrites.
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def write_arrays(path: Path, arrays: Iterable[np.ndarray]) -> None:
    """Write arrays into one file, one after the other."""
    with path.open("wb") as file:
        for array in arrays:
            np.save(file, array, allow_pickle=False)


def assign_from(path: Path, variables: Iterable[Any]) -> None:
    """Give variables the values that `write_arrays` wrote.

    Raises:
        ValueError: They do not fit.
    """
    with path.open("rb") as file:
        for variable in variables:
            variable.assign(np.load(file, allow_pickle=False))
