"""The callbacks of a training: those that control it, and those that report on it."""

from __future__ import annotations

from typing import Any

import keras

from ferkit.backend.choosing import Compute
from ferkit.data.ferplus import FERPLUS_EMOTIONS
from ferkit.models.checkpoint import load_model
from ferkit.runs.config import TrainConfig
from ferkit.runs.folder import RunFolder
from ferkit.training.background_writer import BackgroundWriter
from ferkit.training.callbacks.best_model import BestModel
from ferkit.training.callbacks.epoch_log import EpochLog, KeepEffectiveRate
from ferkit.training.callbacks.head_first import HeadFirst
from ferkit.training.callbacks.progress import TrainingProgress
from ferkit.training.callbacks.training_state import TrainingState
from ferkit.training.core import portable_model
from ferkit.training.votes_head import own_head, votes_head, with_votes_head


def reporting_callbacks(
    config: TrainConfig, run: RunFolder, compute: Compute, steps: int, *, quiet: bool
) -> list[keras.callbacks.Callback]:
    """Return the callbacks that report on a training: progress bar and TensorBoard.

    Args:
        config: The settings of the training.
        run: The run folder.
        compute: The backend that trains.
        steps: The number of batches in an epoch.
        quiet: Whether to show no progress.
    """
    reporting = [TrainingProgress(config.epochs, steps, quiet)]
    if config.tensorboard and compute.backend == "tensorflow":
        reporting.append(keras.callbacks.TensorBoard(run.tensorboard, write_graph=False))
    return reporting


def learning_callbacks(
    config: TrainConfig,
    run: RunFolder,
    heads: keras.Model,
    emotions: tuple[str, ...],
    writer: BackgroundWriter,
) -> list[keras.callbacks.Callback]:
    """Return the callbacks that control a training: learning rate, early stopping, the best model,
    and the state for resuming.

    Args:
        config: The settings of the training.
        run: The run folder.
        heads: The network with all its heads.
        emotions: Names of the classes.
        writer: Writes files in the background.
    """
    log = EpochLog(config.learning_rate)
    own: list[keras.callbacks.Callback] = [keras.callbacks.TerminateOnNaN(raise_error=True), log]
    if config.fine_tunes:
        own.insert(0, HeadFirst(config.head_epochs, config.body_rate))
    watched: list[Any] = []
    if config.plateau_factor < 1:
        watched.append(
            keras.callbacks.ReduceLROnPlateau(
                monitor=config.plateau_monitor,
                factor=config.plateau_factor,
                patience=config.plateau_patience,
                min_delta=config.plateau_min_delta,
                min_lr=config.plateau_min_rate,
            )
        )
    if config.stop_patience:
        watched.append(
            keras.callbacks.EarlyStopping(config.stop_monitor, patience=config.stop_patience)
        )
    watched += _best_models(config, run, heads, emotions, writer)
    return [*own, *watched, KeepEffectiveRate(log), TrainingState(run, watched, writer)]


def _best_models(
    config: TrainConfig,
    run: RunFolder,
    heads: keras.Model,
    emotions: tuple[str, ...],
    writer: BackgroundWriter,
) -> list[BestModel]:
    """Return the callbacks that save the best epoch: of the model, and of its second head if it has
    one.
    """
    card = {"recipe": config.recipe, "seed": config.seed, "extra_labels": run.extra_labels()}
    monitor = config.checkpoint_monitor
    portable = load_model(run.start) if config.fine_tunes else portable_model(config, len(emotions))
    own = own_head(heads) if config.votes_weight else heads
    best = [BestModel(run.model, own, portable, monitor, emotions, card, writer)]
    if config.votes_weight:
        votes = votes_head(heads)
        twin = votes_head(with_votes_head(portable, votes=len(FERPLUS_EMOTIONS)))
        best.append(BestModel(run.votes, votes, twin, monitor, FERPLUS_EMOTIONS, card, writer))
    return best
