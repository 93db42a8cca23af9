"""`tuning.html`: one self-contained page with every trial of a search."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ferkit.evaluation.report import template_environment
from ferkit.files import write_text
from ferkit.runs.config import TrainConfig
from ferkit.runs.levers.words import config_words

if TYPE_CHECKING:
    from ferkit.displays.base import Display

_WIDTH, _HEIGHT = 120, 28  # size of a small curve, in pixels


def write_page(
    path: Path, study: Any, best: TrainConfig, rows: list[dict[str, Any]], facts: dict[str, Any]
) -> None:
    """Write the page.

    Args:
        path: The file.
        study: Optuna's study.
        best: The best settings.
        rows: All trials, as returned by `ferkit.tuning.results.trial_rows`.
        facts: The facts about the search in `best.json`.

    Raises:
        MissingDependencyError: Jinja2, matplotlib or seaborn is not installed.
        OutputError: The file cannot be written.
    """
    page = template_environment("ferkit.tuning", "ferkit.evaluation").get_template(
        "tuning.html.jinja"
    )
    shares = importances(study)
    text = page.render(
        facts=facts,
        rows=rows,
        names=[part.partition("=")[0] for part in facts["space"]],
        best=next(row for row in rows if row["number"] == facts["trial"]),
        ended=sum(row["state"] == "ended" for row in rows),
        epochs=sum(row["epochs"] for row in rows),
        seconds=sum(row["seconds"] for row in rows),
        importances=shares,
        settings=list(config_words(best.to_dict(), TrainConfig).items()),
        figures={name: _inline(display) for name, display in _displays(rows, facts).items()},
        lines=small_curves([row["curve"] for row in rows]),
    )
    write_text(path, text)


def importances(study: Any) -> dict[str, float]:
    """Return the importance of each lever for good trials (PED-ANOVA: S. Watanabe et al., arXiv
    2304.10255), as shares in descending order; `{}` if there are too few trials.
    """
    import optuna
    from optuna.trial import TrialState

    finished = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len({trial.value for trial in finished}) < 3:
        return {}
    try:
        return {
            name: float(v) for name, v in optuna.importance.get_param_importances(study).items()
        }
    except (RuntimeError, ValueError):  # too few different values
        return {}


def small_curves(curves: Sequence[Sequence[float]]) -> list[str]:
    """Return the points of an SVG polyline for each curve, all in one frame of 120 x 28 pixels.

    Example:
        >>> small_curves([[0.25, 0.5], [0.75]])
        ['0.0,27.0 120.0,14.0', '0.0,1.0']
    """
    values = [value for curve in curves for value in curve]
    low, high = min(values, default=0.0), max(values, default=1.0)
    across = _WIDTH / max(max(map(len, curves), default=1) - 1, 1)
    up = (_HEIGHT - 2) / (high - low or 1)
    return [
        " ".join(
            f"{i * across:.1f},{_HEIGHT - 1 - (v - low) * up:.1f}" for i, v in enumerate(curve)
        )
        for curve in curves
    ]


def _displays(rows: list[dict[str, Any]], facts: dict[str, Any]) -> dict[str, Display]:
    from ferkit.displays.parallel_coordinates import ParallelCoordinatesDisplay
    from ferkit.displays.trial_curves import TrialCurvesDisplay
    from ferkit.displays.trial_history import TrialHistoryDisplay

    finished = [row for row in rows if row["accuracy"] is not None]
    logarithmic = [part.partition("=")[0] for part in facts["space"] if part.endswith(":log")]
    numbers = [row["number"] for row in rows]
    return {
        "history": TrialHistoryDisplay(numbers, [row["accuracy"] for row in rows]),
        "curves": TrialCurvesDisplay(
            [row["curve"] for row in rows], best=numbers.index(facts["trial"])
        ),
        "coordinates": ParallelCoordinatesDisplay(
            [row["values"] for row in finished],
            [row["accuracy"] for row in finished],
            logarithmic=logarithmic,
        ),
    }


def _inline(display: Display) -> str:
    return "data:image/png;base64," + base64.b64encode(display._repr_png_()).decode("ascii")
