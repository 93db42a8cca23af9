"""Monitored values: learning rate on plateau, early stopping, choice of the best epoch."""

from __future__ import annotations

from dataclasses import dataclass

from ferkit.runs.levers.field import lever

_COUNT = (0, 100_000)
_MONITORS = ("val_loss", "val_accuracy", "loss", "accuracy")


@dataclass(frozen=True)
class WatchingLevers:
    """Monitored values: learning rate on plateau, early stopping, choice of the best epoch."""

    plateau_monitor: str = lever(
        "val_loss",
        "Watched by ReduceLROnPlateau.",
        choices=_MONITORS,
        told_with="plateau_factor",
    )
    plateau_factor: float = lever(
        1.0,
        "The rate is multiplied by it; 1 turns ReduceLROnPlateau off.",
        between=(1e-6, 1),
        heading="Learning rate",
        words="times {plateau_factor:g} after {plateau_patience} epochs without better "
        "{plateau_monitor}",
    )
    plateau_patience: int = lever(
        5,
        "Epochs without improvement before that.",
        between=_COUNT,
        told_with="plateau_factor",
    )
    plateau_min_delta: float = lever(
        1e-4, "Smallest change that counts as improvement.", between=(0, 1e3)
    )
    plateau_min_rate: float = lever(0.0, "Lower bound of the base rate.", between=(0, 1e3))
    stop_monitor: str = lever(
        "val_loss", "Watched by EarlyStopping.", choices=_MONITORS, told_with="stop_patience"
    )
    stop_patience: int = lever(
        0,
        "Epochs without improvement before training ends; 0 turns it off.",
        between=_COUNT,
        heading="Epochs",
        words="stopped after {stop_patience} without better {stop_monitor}",
    )
    checkpoint_monitor: str = lever(
        "val_accuracy",
        "Watched by ModelCheckpoint; `model.keras` is its best epoch.",
        choices=_MONITORS,
    )
    tensorboard: bool = lever(True, "Whether to write TensorBoard logs.", heading="")
