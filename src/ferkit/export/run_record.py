"""What a run folder says of its training, without paths of the machine that it was made on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ferkit.errors import ModelError
from ferkit.files import read_json, read_rows
from ferkit.runs.history import kept_epoch
from ferkit.training.run_folder import STATE_FOLDER

# An absolute path, of which only the last name says something to others.
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
    """Return `{"config", "environment", "metrics", "epochs", "best_epoch"}` of a finished training.

    Epochs are counted from 1; a mean of several cycles has no best one, but None.

    Raises:
        ModelError: The training in the folder is not finished.
    """
    missing = [
        name
        for name in (
            "config.json",
            "environment.json",
            "metrics.json",
            "history.csv",
            "model.keras",
        )
        if not (folder / name).is_file()
    ]
    if missing or (folder / STATE_FOLDER).exists():
        reason = f"it lacks {', '.join(missing)}" if missing else "its training goes on"
        raise ModelError(f"{folder} is no finished run: {reason}; finish it with --resume.")
    config = read_json(folder / "config.json")
    rows = read_rows(folder / "history.csv")
    return {
        "config": config,
        "environment": read_json(folder / "environment.json"),
        "metrics": read_json(folder / "metrics.json"),
        "epochs": len(rows),
        "best_epoch": kept_epoch(rows, config),
    }


def choose_run(folders: list[Path]) -> Path:
    """Return the run whose model is best on validation: the most accurate, of equals the more
    likely.

    Raises:
        ModelError: A training is not finished.
    """

    def rank(folder: Path) -> tuple[float, float]:
        entry = read_run(folder)["metrics"]["splits"]["validation"]
        return (entry["accuracy"], -entry["nll"])

    return max(folders, key=rank)


def seed_row(folder: Path) -> dict[str, Any]:
    """Return what one training reached, for the card's list of seeds."""
    run = read_run(folder)
    splits = run["metrics"]["splits"]
    return {
        "seed": run["config"]["seed"],
        "epochs": run["epochs"],
        "best_epoch": run["best_epoch"],
        "validation": splits["validation"]["accuracy"],
        "test": splits["test"]["accuracy"],
        "test_clean": splits["test"]["clean_accuracy"],
        "training_seconds": run["environment"].get("training_seconds"),
    }
