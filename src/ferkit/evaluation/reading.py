"""How a run read its data, so that the same folder means the same classes and splits again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ferkit.files import read_json


def reading_options(model: Any) -> dict[str, Any]:
    """Return what `load_fer2013` needs to read the data of a run as the run did.

    Args:
        model: Whatever names a model.

    Returns:
        `own_classes`, `convert` and `seed` for a run folder, or its `model.keras`, that was trained with own classes;
        nothing for all others.

    Example:
        >>> reading_options("runs/nowhere")
        {}
    """
    if not isinstance(model, str | os.PathLike):
        return {}
    path = Path(model)
    file = (path.parent if path.name == "model.keras" else path) / "config.json"
    config = read_json(file) if file.is_file() else {}
    if not (isinstance(config, dict) and config.get("own_classes") is True):
        return {}
    return {name: config[name] for name in ("own_classes", "convert", "seed") if name in config}
