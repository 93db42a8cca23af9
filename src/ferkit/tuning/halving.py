"""Pruning by asynchronous successive halving (L. Li et al., arXiv 1810.05934)."""

from __future__ import annotations

import math
from typing import Any

from optuna.pruners import BasePruner
from optuna.trial import TrialState

_SHARE = 3


class Halving(BasePruner):  # type: ignore[misc]
    """Prunes a trial at a ninth or a third of the epochs after the warm-up, unless it is in the
    best third there. During the warm-up, all trials look the same.

    It is compared with all trials that have reached that epoch, by their best accuracy up to it.
    Optuna's own pruner would compare a resumed trial with its own earlier values, and prune it if
    it is worse than before.

    Args:
        epochs: Number of epochs of a complete trial.
        warmup: Epochs of the warm-up of the learning rate. Defaults to 0.
    """

    def __init__(self, epochs: int, warmup: float = 0.0) -> None:
        begin = math.ceil(warmup)
        ninth = max(1, round((epochs - begin) / _SHARE**2))
        rungs = (begin + ninth, begin + ninth * _SHARE)
        self.rungs = [rung for rung in rungs if rung < epochs]

    def prune(self, study: Any, trial: Any) -> bool:
        """Return whether to prune the trial."""
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
