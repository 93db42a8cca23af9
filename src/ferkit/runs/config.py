"""`TrainConfig`: every choice of a training, flat, typed and frozen."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from ferkit.backend.choosing import PRECISIONS
from ferkit.data.exclusion import parse_kinds
from ferkit.errors import UsageError


@dataclass(frozen=True)
class TrainConfig:
    """Every choice of a training; saved as `config.json` beside the weights.

    Attributes:
        recipe: The recipe it began from, or `"custom"`.
        model: Architecture, one of `ferkit.models.list_models()`.
        data: Data set, as `ferkit.load_fer2013` takes it.
        own_classes: Whether every folder name of the data is a class of its own.
        start: What training begins with: a shipped model's name, a run folder or a `.keras` file;
            `""` for new weights. With `optimizer="adam"` it is a fine-tuning, head first; with
            another optimizer another cycle of the whole net.
        labels: `"fer2013"`, or FER+'s `"ferplus-majority"` or `"ferplus-votes"`, as
            `ferkit.load_fer2013` takes them.
        ferplus: The `fer2013new.csv` that labels of FER+ come from; `""` for none.
        exclude: The `audit.csv` of `ferkit audit` whose findings are left out of training; `""`
            leaves out none.
        exclude_kinds: The kinds of finding that count, joined by `+`; `""` for all that the file
            marks.
        epochs: Passes over the training split.
        batch_size: Images per step.
        optimizer: `"adam"`; `"nesterov"`: SGD with Nesterov momentum 0.9, linear warm-up and one
            cosine to nothing; or `"muon"`: the same with orthogonalised steps of convolutions
            (`ferkit.training.optimizers.muon`).
        learning_rate: Adam's base rate, or the peak of the cosine.
        warmup_epochs: Epochs of the warm-up before the cosine; may be a fraction.
        kernel_decay: Weight decay of kernels under `"nesterov"` (L2) and `"muon"` (decoupled; about
            ten times the number); biases and normalisation have none.
        time_decay: Base rate and plateau factor are divided by `1 + time_decay * step`; Keras 2
            called it `decay`.
        label_smoothing: Share of each target spread over all classes, 0..1.
        augment: Augmentation pipeline, one of `ferkit.training.list_augmentations()`.
        image_sizes: Edges of the training images over the epochs, in equal shares: `"32-40-48"`
            trains a third of them on 32x32. Validation is always on 48x48, and so is what the last
            share ends on.
        second_epochs: Epochs of a second cycle at 48x48 pixels, which begins where training ended;
            the result is the mean of both's weights (`ferkit.training.cycles`). 0 has none. Needs
            an optimizer with a cosine.
        second_rate: Peak of the second cycle's cosine.
        votes_weight: Weight of a second head that predicts the distribution of FER+ votes while
            training (needs `ferplus`); 0 has none. The saved model is the same with and without.
        teacher: Models whose answers are taught beside the labels, joined by `+`: shipped names,
            run folders, `.keras` or `.onnx` files; `""` for none. Each image is shown to them in
            ten views.
        teacher_weight: Share of each target that is the teacher's answer, 0..1.
        head_epochs: Epochs of a fine-tuning in which the last layer learns alone. Needs
            `optimizer="adam"`.
        body_rate: Rate of all other layers after that, as a share of the last one's.
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
    own_classes: bool = False
    start: str = ""
    labels: str = "fer2013"
    ferplus: str = ""
    exclude: str = ""
    exclude_kinds: str = ""
    epochs: int = 60
    batch_size: int = 64
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    warmup_epochs: float = 0.0
    kernel_decay: float = 0.0
    time_decay: float = 0.0
    label_smoothing: float = 0.0
    augment: str = "none"
    image_sizes: str = "48"
    second_epochs: int = 0
    second_rate: float = 0.02
    votes_weight: float = 0.0
    teacher: str = ""
    teacher_weight: float = 0.5
    head_epochs: int = 0
    body_rate: float = 1.0
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
        if self.optimizer not in OPTIMIZERS:
            raise UsageError(
                f"optimizer must be one of {', '.join(OPTIMIZERS)}, not {self.optimizer!r}."
            )
        # Before the plateau: a fine-tuning has one, which is not what is wrong with its optimizer.
        if self.anneals and self.head_epochs:
            raise UsageError(
                f"Fine-tuning (head_epochs) needs optimizer=adam, not {self.optimizer}; another "
                "cycle of the whole net is "
                "ferkit train with --set start=MODEL."
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
        if self.fine_tunes and (self.image_sizes, self.votes_weight) != ("48", 0):
            raise UsageError(
                "A fine-tuning (start with optimizer=adam) needs image_sizes=48 and votes_weight=0."
            )
        image_sizes(self.image_sizes)
        parse_kinds(self.exclude_kinds)
        if self.exclude_kinds and not self.exclude:
            raise UsageError("exclude_kinds needs an audit.csv; give --exclude FILE.")
        for name in ("plateau_monitor", "stop_monitor", "checkpoint_monitor"):
            if getattr(self, name) not in _MONITORS:
                raise UsageError(
                    f"{name} must be one of {', '.join(_MONITORS)}, not {getattr(self, name)!r}."
                )

    @property
    def fine_tunes(self) -> bool:
        """Whether training begins with a model whose head learns first."""
        return bool(self.start) and self.optimizer == "adam"

    @property
    def anneals(self) -> bool:
        """Whether the rate rises once and falls along a cosine."""
        return self.optimizer != "adam"

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


OPTIMIZERS = ("adam", "nesterov", "muon")
_MONITORS = ("val_loss", "val_accuracy", "loss", "accuracy")

_RANGES = (
    ("epochs", 1, 100_000),
    ("batch_size", 1, 65_536),
    ("learning_rate", 1e-12, 1e3),
    ("time_decay", 0, 1e3),
    ("warmup_epochs", 0, 1e5),
    ("kernel_decay", 0, 1),
    ("label_smoothing", 0, 1),
    ("second_epochs", 0, 100_000),
    ("second_rate", 1e-12, 1e3),
    ("votes_weight", 0, 1e3),
    ("teacher_weight", 0, 1),
    ("head_epochs", 0, 100_000),
    ("body_rate", 0, 1),
    ("seed", 0, 2**31 - 1),
    ("plateau_factor", 1e-6, 1),
    ("plateau_patience", 0, 100_000),
    ("plateau_min_delta", 0, 1e3),
    ("plateau_min_rate", 0, 1e3),
    ("stop_patience", 0, 100_000),
)


def image_sizes(text: str) -> tuple[int, ...]:
    """Return the sizes that `TrainConfig.image_sizes` names.

    Raises:
        UsageError: It is no list of sizes from 16 to 48 that ends with 48.

    Example:
        >>> image_sizes("32-40-48")
        (32, 40, 48)
    """
    parts = text.split("-")
    sizes = tuple(int(part) for part in parts if part.isdecimal())
    if len(sizes) != len(parts) or sizes[-1] != 48 or not all(16 <= size <= 48 for size in sizes):
        raise UsageError(
            "image_sizes must be sizes of 16 to 48 pixels that end with 48, such as 32-40-48, not "
            f"'{text}'."
        )
    return sizes


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
