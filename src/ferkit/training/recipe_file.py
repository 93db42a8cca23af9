"""A file with the settings of a training, written by a search or by another training."""

from __future__ import annotations

import os
from pathlib import Path

from ferkit.errors import DataError, UsageError
from ferkit.files import read_json
from ferkit.runs.config import TrainConfig
from ferkit.runs.config_file import FACTS


def read_recipe_file(path: str | os.PathLike[str]) -> TrainConfig:
    """Return the settings in a JSON file.

    Args:
        path: The `best.json` of `ferkit tune`, the `config.json` of a run, or any JSON object with
            fields of `TrainConfig`; missing fields have their defaults.

    Raises:
        DataError: The file does not exist, or is not a JSON object.
        UsageError: It has an unknown field or a wrong value.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "mine.json"
        >>> _ = file.write_text('{"model": "cnn4", "image_sizes": [48]}')
        >>> read_recipe_file(file).model
        'cnn4'
    """
    if not Path(path).is_file():
        raise DataError(f"There is no recipe file {path}; ferkit tune writes one, best.json.")
    content = read_json(path)
    fields = content.get("config", content) if isinstance(content, dict) else None
    if not isinstance(fields, dict):
        raise DataError(f"Expected a JSON object with settings of a training in {path}.")
    try:
        return TrainConfig.from_dict({k: v for k, v in fields.items() if k not in FACTS})
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error
