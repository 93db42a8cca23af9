"""How a run read its data, so that the same folder means the same classes and splits again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ferkit.data.dataset import FerDataset
from ferkit.files import read_json
from ferkit.weights import is_shipped

_FIELDS = ("own_classes", "convert", "skip_bad", "seed", "labels", "ferplus")
_FILES = ("model.keras", "votes.keras")
# Of a training in two cycles (ferkit.training.cycles).
_CYCLES = ("cycle-1", "cycle-2")


def load_as_run(model: Any, data: str | os.PathLike[str], **chosen: Any) -> FerDataset:
    """Read `data` as the run of `model` read its own, so that no image of its training is taken for
    validation.

    Args:
        model: Whatever names a model; other than a run, it has nothing to say.
        data: As `ferkit.load_fer2013` takes it.
        **chosen: Options of `ferkit.load_fer2013` that go before the run's; None and False choose
            nothing.

    Raises:
        DataError: As `ferkit.load_fer2013` does.
        UsageError: The labels of FER+ were chosen without their file.
    """
    from ferkit.data.load import load_fer2013

    # `is`, as 0 is a choice though it equals False.
    typed = {name: value for name, value in chosen.items() if not (value is None or value is False)}
    options = {**reading_options(model), **typed}
    if options.get("labels", "fer2013") == "fer2013" and "ferplus" not in typed:
        options.pop("ferplus", None)  # of the run's second head, or of labels that were not chosen
    return load_fer2013(data, **options)


def reading_options(model: Any) -> dict[str, Any]:
    """Return what `load_fer2013` needs to read the data of a run as the run did.

    Args:
        model: Whatever names a model.

    Returns:
        `own_classes`, `convert`, `skip_bad`, `seed`, `labels` and `ferplus` (None without) for a
        run folder, or its `model.keras` or `votes.keras`; nothing for all others.

    Example:
        >>> reading_options("runs/nowhere")
        {}
    """
    if not isinstance(model, str | os.PathLike) or is_shipped(model):
        return {}
    path = Path(os.path.abspath(model))
    config = _config(path.parent if path.name in _FILES else path)
    options = {name: config[name] for name in _FIELDS if name in config}
    if "ferplus" in options:
        options["ferplus"] = options["ferplus"] or None
    return options


def _config(folder: Path) -> dict[str, Any]:
    """Return the config.json of the training that read the data; {} where there is none."""
    if folder.name in _CYCLES:
        # A cycle has a seed of its own, and the data that the whole training read.
        whole = _content(folder.parent / "config.json")
        if whole.get("second_epochs"):
            return whole
    return _content(folder / "config.json")


def _content(file: Path) -> dict[str, Any]:
    content = read_json(file) if file.is_file() else {}
    return content if isinstance(content, dict) else {}
