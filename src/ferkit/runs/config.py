"""`TrainConfig`: every choice of a training, flat, typed and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from ferkit.errors import UsageError
from ferkit.runs.levers.data import DataLevers
from ferkit.runs.levers.learning import LearningLevers
from ferkit.runs.levers.lever import Lever, levers
from ferkit.runs.levers.subject import SubjectLevers
from ferkit.runs.levers.watching import WatchingLevers
from ferkit.runs.levers.words import documented


@documented
@dataclass(frozen=True)
class TrainConfig(WatchingLevers, LearningLevers, DataLevers, SubjectLevers):
    """All settings of a training; saved as `config.json` next to the weights.

    Each field is declared only once, with its range, its description for the report and its help:
    `ferkit.runs.levers` has a file for each group of fields.

    Raises:
        UsageError: A value has the wrong type or is out of range.

    Example:
        >>> TrainConfig(model="cnn4", epochs=2).batch_size
        64
    """

    def __post_init__(self) -> None:
        for name, each in levers(type(self)).items():
            object.__setattr__(self, name, each.checked(getattr(self, name)))
        self._check_together()

    def _check_together(self) -> None:
        """Check that the fields are consistent."""
        # Checked before the plateau: fine-tuning has a plateau, but the optimizer is the cause.
        if self.anneals and self.head_epochs:
            raise UsageError(
                f"Fine-tuning (head_epochs) needs optimizer=adam, not {self.optimizer}; to train "
                "the whole network for another cycle, use ferkit train with start=MODEL."
            )
        if self.anneals and self.plateau_factor < 1:
            raise UsageError(
                f"A plateau_factor below 1 needs optimizer=adam; {self.optimizer} follows its "
                "cosine."
            )
        if self.second_epochs and not self.anneals:
            raise UsageError(
                "A second cycle (second_epochs) needs optimizer=nesterov or muon, not "
                f"{self.optimizer}."
            )
        if self.image_sizes[-1:] != (48,):
            raise UsageError(
                "image_sizes must be sizes of 16 to 48 pixels that end with 48, such as 32-40-48, "
                f"not '{levers(type(self))['image_sizes'].text(self.image_sizes)}'."
            )
        if self.fine_tunes and (self.image_sizes, self.votes_weight) != ((48,), 0):
            raise UsageError(
                "A fine-tuning (start with optimizer=adam) needs image_sizes=48 and votes_weight=0."
            )
        if self.exclude_kinds and not self.exclude:
            raise UsageError("exclude_kinds needs an audit.csv; give its path as exclude.")

    @property
    def fine_tunes(self) -> bool:
        """Whether this is a fine-tuning: it starts from a model, and the head learns first."""
        return self.start is not None and self.optimizer == "adam"

    @property
    def anneals(self) -> bool:
        """Whether the rate rises once and then falls along a cosine."""
        return self.optimizer != "adam"

    def with_settings(self, settings: Mapping[str, str]) -> Self:
        """Return a copy with some fields set from text, as `--set field=value` gives them.

        Raises:
            UsageError: There is no such field, or the text is not a value of its type.

        Example:
            >>> TrainConfig().with_settings({"image_sizes": "32-48"}).image_sizes
            (32, 48)
        """
        known = {name: _require_lever(type(self), name) for name in settings}
        return replace(self, **{name: known[name].parsed(settings[name]) for name in settings})

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as JSON values."""
        values = asdict(self)
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the config whose fields `values` gives; fields left out take their default.

        Older versions joined several values in one text and wrote `""` for None; both are read.

        Raises:
            UsageError: There is an unknown name, or a wrong value.
        """
        known = {name: _require_lever(cls, name) for name in values}
        return cls(**{name: known[name].read(value) for name, value in values.items()})


def _require_lever(config: type, name: str) -> Lever:
    known = levers(config)
    if name not in known:
        import difflib

        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"choose from {', '.join(known)}."
        raise UsageError(f"A training has no field '{name}'; {hint}")
    return known[name]
