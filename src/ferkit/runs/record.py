"""The record of a training, without paths of the machine that it ran on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ferkit.errors import DataError, ModelError
from ferkit.files import read_json
from ferkit.runs.folder import RunFolder
from ferkit.runs.history import kept_epoch, read_history

# An absolute path, of which only the last name matters to others.
_PATH = re.compile(r"(?<![\w.:/])/(?:[^/\s\"']+/)*([^/\s\"']*)")


def without_paths(content: Any) -> Any:
    """Return JSON values with every absolute path replaced by its last name.

    Example:
        >>> command = "ferkit train nano --data /home/me/fer2013.csv"
        >>> without_paths({"command": command, "rate": "a/b"})
        {'command': 'ferkit train nano --data fer2013.csv', 'rate': 'a/b'}
    """
    if isinstance(content, dict):
        return {key: without_paths(value) for key, value in content.items()}
    if isinstance(content, list):
        return [without_paths(value) for value in content]
    return _PATH.sub(r"\1", content) if isinstance(content, str) else content


def read_run(folder: Path) -> dict[str, Any]:
    """Return `{"config", "environment", "epochs", "best_epoch"}` of a finished training.

    Epochs are counted from 1; the best epoch is None for a mean of several cycles.

    Raises:
        ModelError: The training in the folder is not finished.
    """
    run = RunFolder(folder)
    if not run.is_finished():
        missing = run.missing()
        reason = f"it lacks {', '.join(missing)}" if missing else "its training goes on"
        raise ModelError(f"{folder} is not a finished run: {reason}; finish it with resume=True.")
    config, rows = run.facts(), read_history(run.history)
    return {
        "config": config,
        "environment": _object(run.environment),
        "epochs": len(rows),
        "best_epoch": kept_epoch(rows, config),
    }


def _object(file: Path) -> dict[str, Any]:
    content = read_json(file)
    if not isinstance(content, dict):
        raise DataError(f"{file} holds {type(content).__name__}, expected names and values.")
    return content


def read_scores(folder: Path, *splits: str) -> list[dict[str, Any]]:
    """Return the results of a finished training on `splits`: their entries in metrics.json.

    Raises:
        ModelError: The training in the folder is not finished, or was not evaluated there.
    """
    read_run(folder)
    metrics = RunFolder(folder).metrics
    entries = _object(metrics).get("splits", {}) if metrics.is_file() else {}
    if not isinstance(entries, dict):
        entries = {}
    if unknown := [split for split in splits if split not in entries]:
        raise ModelError(
            f"{folder} holds no figures of {' and '.join(unknown)}; train it to its end, which "
            "measures it."
        )
    return [entries[split] for split in splits]


def choose_run(folders: list[Path]) -> Path:
    """Return the run whose model is best on validation, by accuracy and then by likelihood.

    Raises:
        ModelError: A training is not finished, or was not evaluated.
    """

    def rank(folder: Path) -> tuple[float, float]:
        (entry,) = read_scores(folder, "validation")
        return (entry["accuracy"], -entry["nll"])

    return max(folders, key=rank)


def seed_row(folder: Path) -> dict[str, Any]:
    """Return the results of one training for the card's list of seeds.

    Raises:
        ModelError: The training is not finished, or was not evaluated.
        DataError: The files in it are not those of a training.
    """
    run = read_run(folder)
    validation, test = read_scores(folder, "validation", "test")
    try:
        return {
            "seed": run["config"]["seed"],
            "epochs": run["epochs"],
            "best_epoch": run["best_epoch"],
            "validation": validation["accuracy"],
            "test": test["accuracy"],
            "test_clean": test["clean_accuracy"],
            "training_seconds": run["environment"].get("training_seconds"),
        }
    except (LookupError, TypeError) as error:
        raise DataError(
            f"The files in {folder} are no longer those of a training ({error}); train anew."
        ) from error
