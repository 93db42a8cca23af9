"""What a name or a path means as a model."""

from __future__ import annotations

import os
from typing import Any

from ferkit.runs.folder import RunFolder
from ferkit.weights import is_shipped


def run_of(model: Any) -> RunFolder | None:
    """Return the run folder that `model` names, or in which the Keras file that it names lies.

    Args:
        model: Whatever names or is a model.

    Returns:
        None for a shipped model, and for one in memory.

    Example:
        >>> run_of("small") is None, run_of("runs/nano/model.keras").path.name
        (True, 'nano')
    """
    if not isinstance(model, str | os.PathLike) or is_shipped(model):
        return None
    return RunFolder.of(model)
