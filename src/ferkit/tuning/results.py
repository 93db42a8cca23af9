"""Results of a search: `best.json`, a recipe to train with, and `tuning.html`, all trials."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ferkit.errors import OutputError
from ferkit.files import write_json
from ferkit.runs.config import TrainConfig
from ferkit.tuning.requeue import ENDED, FOLDER, folder_name
from ferkit.tuning.space import Dimension


@dataclass(frozen=True)
class TuningResult:
    """Result of a search.

    Attributes:
        config: The settings of the best trial.
        accuracy: Its accuracy on validation, 0..1.
        trials: All trials, as rows of the page.
        recipe: Path of `best.json`.
        page: Path of `tuning.html`.
    """

    config: TrainConfig
    accuracy: float
    trials: list[dict[str, Any]]
    recipe: Path
    page: Path


def write_results(
    study: Any, config: TrainConfig, space: Sequence[Dimension], folder: Path
) -> TuningResult:
    """Write the results of a study so far.

    Raises:
        OutputError: No trial is finished, or a file cannot be written.
        MissingDependencyError: Jinja2, matplotlib or seaborn is not installed.
    """
    from ferkit.tuning.page import write_page

    rows = trial_rows(study)
    best = best_row(rows)
    if best is None:
        raise OutputError(
            f"No trial of {folder} was finished, so there is no best one; run the same "
            "command again, or use other ranges."
        )
    values = {part.lever.name: part.value(best["values"][part.lever.name]) for part in space}
    found = replace(config, **values, recipe=f"{config.recipe}-tuned")
    facts = {
        "study": study.study_name,
        "trial": best["number"],
        "trials": len(rows),
        "space": [str(part) for part in space],
        "validation_accuracy": best["accuracy"],
    }
    recipe, page = folder / "best.json", folder / "tuning.html"
    write_json(recipe, {"config": found.to_dict(), "tuning": facts})
    write_page(page, study, found, rows, facts)
    return TuningResult(found, best["accuracy"], rows, recipe, page)


def trial_rows(study: Any) -> list[dict[str, Any]]:
    """Return the trials of a study, without interrupted ones that were queued again.

    Returns:
        For each trial its `number`; `state` (`finished`, `ended` early, or `running`); `ended`, the
        reason for an early end; `accuracy` if it is finished, else None; `values` by lever as in
        Optuna, and as texts in `settings`; `curve`, the validation accuracy of each epoch; its
        number of `epochs`; `seconds`; and the name of its `folder`.
    """
    from optuna.trial import TrialState

    states = {
        TrialState.COMPLETE: "finished",
        TrialState.PRUNED: "ended",
        TrialState.RUNNING: "running",
    }
    return [
        {
            "number": trial.number,
            "state": states[trial.state],
            "ended": trial.user_attrs.get(ENDED, ""),
            "accuracy": trial.value if trial.state == TrialState.COMPLETE else None,
            "values": dict(trial.params),
            "settings": {name: as_text(value) for name, value in trial.params.items()},
            "curve": [trial.intermediate_values[e] for e in sorted(trial.intermediate_values)],
            "epochs": len(trial.intermediate_values),
            "seconds": _seconds(trial),
            "folder": trial.user_attrs.get(FOLDER, folder_name(trial.number)),
        }
        for trial in study.get_trials(deepcopy=False, states=tuple(states))
    ]


def best_row(rows: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the finished trial with the best accuracy, the first of equal ones, or None."""
    finished = [row for row in rows if row["accuracy"] is not None]
    return max(finished, key=lambda row: row["accuracy"], default=None)


def as_text(value: Any) -> str:
    """Return the value of a lever with at most four significant digits.

    Example:
        >>> as_text(0.00123456), as_text(32), as_text("affine")
        ('0.001235', '32', 'affine')
    """
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _seconds(trial: Any) -> float:
    begun, ended = trial.datetime_start, trial.datetime_complete or datetime.now()
    return (ended - begun).total_seconds() if begun else math.nan
