"""Which trials are behind: asynchronous successive halving (L. Li et al., arXiv 1810.05934)."""

from __future__ import annotations

import math
from typing import Any

from optuna.pruners import BasePruner
from optuna.trial import TrialState

_SHARE = 3


class Halving(BasePruner):  # type: ignore[misc]
    """End a trial at a ninth or a third of the epochs after the warm-up, unless it is in the best
    third there. During the warm-up all trials look alike.

    It is compared with all trials that have come as far by then, by the best accuracy until there.
    Optuna's own would compare a trial that was interrupted with itself, and end it for being worse
    than before.

    Args:
        epochs: Epochs of a whole trial.
        warmup: Those of them in which the learning rate rises. Defaults to 0.
    """

    def __init__(self, epochs: int, warmup: float = 0.0) -> None:
        begin = math.ceil(warmup)
        ninth = max(1, round((epochs - begin) / _SHARE**2))
        rungs = (begin + ninth, begin + ninth * _SHARE)
        self.rungs = [rung for rung in rungs if rung < epochs]

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
