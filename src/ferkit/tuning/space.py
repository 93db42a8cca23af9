"""The search space: which levers vary, and over which values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ferkit.errors import UsageError
from ferkit.runs.config import TrainConfig
from ferkit.runs.levers.lever import Lever, levers

# Levers that change the validation split itself or have no effect on its accuracy, and the seed,
# the best of which would be luck.
NOT_TUNED: Final = (
    *("recipe", "data", "own_classes", "labels", "ferplus", "skip_bad", "convert"),
    "draw_test",
    *("seed", "tensorboard"),
)
_FORM = "such as learning_rate=1e-4..1e-2:log or augment=affine,light"


@dataclass(frozen=True)
class Dimension:
    """One lever that varies.

    Attributes:
        lever: The lever.
        low: Lowest value of a range.
        high: Highest value of a range.
        log: Whether the range is logarithmic.
        choices: Values as typed, instead of a range.
    """

    lever: Lever
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    choices: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the text that `space_of` takes."""
        if self.choices:
            return f"{self.lever.name}={','.join(self.choices)}"
        return f"{self.lever.name}={self.low:.12g}..{self.high:.12g}{':log' * self.log}"

    def suggest(self, trial: Any) -> Any:
        """Return the value that an Optuna trial suggests."""
        name = self.lever.name
        if self.choices:
            return self.value(trial.suggest_categorical(name, self.choices))
        if self.lever.kind is int:
            return trial.suggest_int(name, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)

    def value(self, drawn: Any) -> Any:
        """Return a value of Optuna's as a value of the lever."""
        return self.lever.parsed(drawn) if self.choices else drawn

    def extremes(self) -> tuple[Any, ...]:
        """Return all choices, or both ends of the range, as values of the lever."""
        return tuple(map(self.value, self.choices)) or (self.low, self.high)

    def of(self, config: TrainConfig) -> Any:
        """Return the value of a config as in an Optuna trial; None if it is outside the range."""
        value = getattr(config, self.lever.name)
        if self.choices:
            return next((text for text in self.choices if self.value(text) == value), None)
        return value if value is not None and self.low <= value <= self.high else None


def space_of(config: TrainConfig, texts: Sequence[str] = ()) -> tuple[Dimension, ...]:
    """Return the search space that texts describe.

    Args:
        config: The fixed settings.
        texts: For each lever `name=low..high`, followed by `:log` for a logarithmic scale,
            `name=a,b,c`, or only `name` for the lever's default range. Defaults to `()`: every
            lever with a default range that has an effect under `config`.

    Raises:
        UsageError: A text has another form, there is no such lever, or the lever does not accept a
            value.

    Example:
        >>> [str(part) for part in space_of(TrainConfig(), ["epochs=4..16:log", "label_smoothing"])]
        ['epochs=4..16:log', 'label_smoothing=0..0.2']
    """
    if texts:
        space = tuple(_parsed(config, text) for text in texts)
    else:
        space = tuple(
            _own_range(lever)
            for lever in levers(type(config)).values()
            if (search := lever.declared.search) and (search.where is None or search.where(config))
        )
    names = [part.lever.name for part in space]
    if twice := {name for name in names if names.count(name) > 1}:
        raise UsageError(f"The space names {', '.join(sorted(twice))} more than once.")
    return space


def settings_of(space: Sequence[Dimension], trial: Any) -> Mapping[str, Any]:
    """Return the values of all levers that vary, as an Optuna trial suggests them."""
    return {part.lever.name: part.suggest(trial) for part in space}


def _parsed(config: TrainConfig, text: str) -> Dimension:
    name, equals, values = (part.strip() for part in text.partition("="))
    lever = levers(type(config)).get(name)
    if lever is None or name in NOT_TUNED:
        known = [known for known in levers(type(config)) if known not in NOT_TUNED]
        raise UsageError(f"'{name}' cannot be tuned; choose from {', '.join(known)}.")
    if not equals:
        if lever.declared.search is None:
            raise UsageError(f"{name} has no default range; give one, {_FORM}.")
        return _own_range(lever)
    if ".." in values:
        return _range(lever, values)
    choices = tuple(part.strip() for part in values.split(","))
    if len({lever.checked(lever.parsed(choice)) for choice in choices}) != len(choices):
        raise UsageError(f"{name} has the same choice twice in '{values}'.")
    return Dimension(lever, choices=choices)


def _range(lever: Lever, text: str) -> Dimension:
    limits, colon, scale = text.partition(":")
    low, _, high = limits.partition("..")
    if lever.kind not in (int, float) or lever.several or (colon and scale != "log"):
        raise UsageError(f"{lever.name} does not accept '{text}'; use a form {_FORM}.")
    ends = [lever.checked(lever.parsed(end.strip())) for end in (low, high)]
    if not ends[0] < ends[1] or (colon and ends[0] <= 0):
        above = " above 0" if colon else ""
        raise UsageError(f"{lever.name} needs a range from low to high{above}, not '{text}'.")
    return Dimension(lever, ends[0], ends[1], bool(colon))


def _own_range(lever: Lever) -> Dimension:
    search = lever.declared.search
    assert search is not None
    return Dimension(lever, search.low, search.high, search.log)
