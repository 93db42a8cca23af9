"""`TrainConfig`: every choice of a training, flat, typed and frozen."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from ferkit.errors import UsageError
from ferkit.models.backend import PRECISIONS


@dataclass(frozen=True)
class TrainConfig:
    """Every choice of a training; saved as `config.json` beside the weights.

    Attributes:
        recipe: The recipe it began from, or `"custom"`.
        model: Architecture, one of `ferkit.models.list_models()`.
        data: Data set, as `ferkit.load_fer2013` takes it.
        epochs: Passes over the training split.
        batch_size: Images per step.
        learning_rate: Adam's base rate.
        time_decay: Base rate and plateau factor are divided by `1 + time_decay * step`; Keras 2 called it `decay`.
        label_smoothing: Share of each target spread over all classes, 0..1.
        augment: Augmentation pipeline, one of `ferkit.training.list_augmentations()`.
        precision: `"auto"`, `"float32"` or `"bfloat16"`.
        seed: Seed of weights, order, dropout and augmentation.
        plateau_monitor: Watched by ReduceLROnPlateau.
        plateau_factor: The rate is multiplied by it; 1 turns ReduceLROnPlateau off.
        plateau_patience: Epochs without improvement before that.
        plateau_min_delta: Smallest change that counts as improvement.
        plateau_min_rate: Lower bound of the base rate.
        stop_monitor: Watched by EarlyStopping.
        stop_patience: Epochs without improvement before training ends; 0 turns it off.
        checkpoint_monitor: Watched by ModelCheckpoint; `model.keras` is its best epoch.
        tensorboard: Whether to write TensorBoard logs.
        skip_bad: Whether unusable images are left out instead of being an error.
        convert: Whether colour and other-sized images are converted.

    Raises:
        UsageError: A value has the wrong type or lies outside of its range.

    Example:
        >>> TrainConfig(model="cnn4", epochs=2).batch_size
        64
    """

    recipe: str = "custom"
    model: str = "cnn6"
    data: str = "auto"
    epochs: int = 60
    batch_size: int = 64
    learning_rate: float = 1e-3
    time_decay: float = 0.0
    label_smoothing: float = 0.0
    augment: str = "none"
    precision: str = "auto"
    seed: int = 0
    plateau_monitor: str = "val_loss"
    plateau_factor: float = 1.0
    plateau_patience: int = 5
    plateau_min_delta: float = 1e-4
    plateau_min_rate: float = 0.0
    stop_monitor: str = "val_loss"
    stop_patience: int = 0
    checkpoint_monitor: str = "val_accuracy"
    tensorboard: bool = True
    skip_bad: bool = False
    convert: bool = False

    def __post_init__(self) -> None:
        for name, kind in field_types().items():
            value = getattr(self, name)
            # JSON and the command line write 1 where 1.0 is meant; True is no number here.
            if kind is float and type(value) is int:
                object.__setattr__(self, name, float(value))
            elif type(value) is not kind:
                raise UsageError(f"{name} must be of type {kind.__name__}, not {value!r}.")
        for name, low, high in _RANGES:
            if not low <= getattr(self, name) <= high:
                raise UsageError(f"{name} must lie in {low}..{high}, not {getattr(self, name)}.")
        if self.precision not in PRECISIONS:
            raise UsageError(
                f"precision must be one of {', '.join(PRECISIONS)}, not {self.precision!r}."
            )
        for name in ("plateau_monitor", "stop_monitor", "checkpoint_monitor"):
            if getattr(self, name) not in _MONITORS:
                raise UsageError(
                    f"{name} must be one of {', '.join(_MONITORS)}, not {getattr(self, name)!r}."
                )

    def with_settings(self, settings: Mapping[str, str]) -> TrainConfig:
        """Return a copy with some fields set from text, as `--set field=value` gives them.

        Raises:
            UsageError: There is no such field, or the text is no value of its type.
        """
        return replace(self, **{name: parse_field(name, text) for name, text in settings.items()})

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainConfig:
        """Return the config whose fields `values` gives; fields left out take their default.

        Raises:
            UsageError: There is an unknown name, or a wrong value.
        """
        for name in values:
            _require_field(name)
        return cls(**values)


_MONITORS = ("val_loss", "val_accuracy", "loss", "accuracy")

_RANGES = (
    ("epochs", 1, 100_000),
    ("batch_size", 1, 65_536),
    ("learning_rate", 1e-12, 1e3),
    ("time_decay", 0, 1e3),
    ("label_smoothing", 0, 1),
    ("seed", 0, 2**31 - 1),
    ("plateau_factor", 1e-6, 1),
    ("plateau_patience", 0, 100_000),
    ("plateau_min_delta", 0, 1e3),
    ("plateau_min_rate", 0, 1e3),
    ("stop_patience", 0, 100_000),
)


def field_types() -> dict[str, type]:
    """Return the type of every field of `TrainConfig` by name."""
    hints = typing.get_type_hints(TrainConfig)
    return {field.name: hints[field.name] for field in fields(TrainConfig)}


def parse_field(name: str, text: str) -> Any:
    """Return `text` as a value of the field `name`.

    Raises:
        UsageError: There is no such field, or the text is no value of its type.

    Example:
        >>> parse_field("tensorboard", "false"), parse_field("learning_rate", "1e-4")
        (False, 0.0001)
    """
    kind = _require_field(name)
    try:
        if kind is bool:
            return {"true": True, "false": False}[text.lower()]
        return kind(text)
    except (ValueError, KeyError):
        expected = "true or false" if kind is bool else f"of type {kind.__name__}"
        raise UsageError(f"{name} must be {expected}, not '{text}'.") from None


def _require_field(name: str) -> type:
    known = field_types()
    if name not in known:
        import difflib

        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"choose from {', '.join(known)}."
        raise UsageError(f"A training has no field '{name}'; {hint}")
    return known[name]
