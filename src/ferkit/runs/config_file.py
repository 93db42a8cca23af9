"""`config.json`: the config of a training and a summary of its data."""

from __future__ import annotations

from ferkit.data.dataset import FerDataset
from ferkit.data.exclusion import Exclusion
from ferkit.errors import DataError
from ferkit.files import read_json, write_json
from ferkit.runs.config import TrainConfig
from ferkit.runs.folder import RunFolder

# Entries besides the fields of TrainConfig.
FACTS = frozenset({"data_summary", "extra_labels", "excluded", "averaged"})


def read_config(run: RunFolder) -> TrainConfig:
    """Return the config saved in the folder.

    Raises:
        DataError: It is missing or cannot be read.
        UsageError: It holds an unknown name, or a wrong value.
    """
    saved = read_json(run.config)
    if not isinstance(saved, dict):
        raise DataError(
            f"{run.config} holds {type(saved).__name__}, expected the settings of a run by name; "
            "restore it or train again."
        )
    return TrainConfig.from_dict({k: v for k, v in saved.items() if k not in FACTS})


def write_config(
    run: RunFolder,
    config: TrainConfig,
    dataset: FerDataset,
    excluded: Exclusion | None = None,
    *,
    extra_labels: bool = False,
) -> None:
    """Save the config, a summary of the data, what was left out, and whether labels beyond the
    data's own were used.

    Args:
        run: The folder.
        config: The settings.
        dataset: The data.
        excluded: What was left out of training. Defaults to None.
        extra_labels: Whether a teacher or the model to begin with brings such labels. Defaults
            to False.
    """
    summary = {
        "origin": dataset.origin,
        "counts": dataset.counts(),
        "digest": dataset.digest(),
        "notes": list(dataset.notes),
        "skipped": len(dataset.skipped),
        "label_source": dataset.label_source,
    }
    facts = {
        "data_summary": summary,
        "extra_labels": bool(dataset.label_source or config.ferplus or extra_labels),
        "excluded": excluded.to_dict() if excluded else None,
    }
    write_json(run.config, {**config.to_dict(), **facts})
