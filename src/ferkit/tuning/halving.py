"""Which trials are behind: asynchronous successive halving (L. Li et al., arXiv 1810.05934)."""

from __future__ import annotations

from typing import Any

from optuna.pruners import BasePruner
from optuna.trial import TrialState

_SHARE = 3


class Halving(BasePruner):  # type: ignore[misc]
    """End a trial at a ninth or a third of the epochs, unless it is in the best third there.

    It is compared with all trials that have come as far by then, by the best accuracy until there.
    Optuna's own would compare a trial that was interrupted with itself, and end it for being worse
    than before.

    Args:
        epochs: Epochs of a whole trial.
    """

    def __init__(self, epochs: int) -> None:
        ninth = max(1, round(epochs / _SHARE**2))
        self.rungs = [rung for rung in (ninth, ninth * _SHARE) if rung < epochs]

    def prune(self, study: Any, trial: Any) -> bool:
        """Return whether the trial is behind."""
        rung = trial.last_step
        if rung not in self.rungs:
            return False
        others = [
            _best(other, rung)
            for other in study.get_trials(deepcopy=False)
            if other.state != TrialState.FAIL
            and other.number != trial.number
            and rung in other.intermediate_values
        ]
        own = _best(trial, rung)
        better = sum(other > own for other in others)
        return better >= max(1, (len(others) + 1) // _SHARE)


def _best(trial: Any, rung: int) -> float:
    best: float = max(value for step, value in trial.intermediate_values.items() if step <= rung)
    return best
