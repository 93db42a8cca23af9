"""Checks whether the settings of a search can be trained, before it begins and for each trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, product
from typing import Any, Final

from ferkit.errors import FerkitError
from ferkit.runs.config import TrainConfig
from ferkit.training.fitted_run import require_trainable
from ferkit.tuning.space import Dimension, settings_of
from ferkit.weights.named import named_model

_MOST: Final = 4096  # combinations that are tried, in at most a second


class UntrainableError(Exception):
    """The values that a trial drew cannot be trained together."""


def check_settings(config: TrainConfig, space: Sequence[Dimension]) -> None:
    """Check that every choice and both ends of every range can be trained, together with some
    values of the other levers.

    Otherwise a study would begin with settings that no other call could correct.

    Raises:
        FerkitError: One of them cannot be trained.
    """
    named = [[(part.lever.name, value) for value in part.extremes()] for part in space]
    combinations = list(islice(product(*named), _MOST + 1))
    if len(combinations) > _MOST:
        return  # each trial is checked as well
    possible = set[tuple[str, Any]]()
    reasons = dict[tuple[str, Any], FerkitError]()
    for combination in combinations:
        try:
            _require(config, dict(combination))
        except FerkitError as error:
            reasons |= {each: error for each in combination if each not in reasons}
        else:
            possible.update(combination)
    for each, reason in reasons.items():
        if each not in possible:
            raise reason


def trial_config(config: TrainConfig, space: Sequence[Dimension], trial: Any) -> TrainConfig:
    """Return the settings of a trial.

    Raises:
        UntrainableError: The values that it draws cannot be trained together.
    """
    drawn = dict(settings_of(space, trial))
    try:
        return _require(config, drawn)
    except FerkitError as error:
        raise UntrainableError(str(error)) from error


def _require(config: TrainConfig, values: dict[str, Any]) -> TrainConfig:
    changed = replace(config, **values)
    require_trainable(changed)
    for name in (*([changed.start] if changed.start else []), *changed.teacher):
        named_model(name)
    return changed
