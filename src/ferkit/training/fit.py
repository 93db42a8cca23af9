"""Fitting: writes the history and the best model of a training into a run folder."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from ferkit.backend.choosing import Compute
from ferkit.backend.feeding import Batches, one_hot
from ferkit.data.dataset import FerDataset
from ferkit.data.ferplus import FERPLUS_EMOTIONS
from ferkit.errors import NonFiniteLossError, OutputError
from ferkit.runs.config import TrainConfig
from ferkit.runs.folder import RunFolder
from ferkit.runs.history import write_history
from ferkit.training.background_writer import BackgroundWriter
from ferkit.training.callbacks.epoch_seeds import EpochSeeds
from ferkit.training.callbacks.size_schedule import SizeSchedule
from ferkit.training.callbacks.training_state import last_state
from ferkit.training.core import check_resumed, core_model
from ferkit.training.devices import is_alone
from ferkit.training.fit_callbacks import learning_callbacks, reporting_callbacks
from ferkit.training.resident import LARGEST, ResidentSequential, can_reside
from ferkit.training.teacher import Teacher, blended
from ferkit.training.training_model import training_model
from ferkit.training.votes_head import with_votes_head


def fit(
    config: TrainConfig,
    dataset: FerDataset,
    run: RunFolder,
    compute: Compute,
    *,
    teacher: Teacher | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    quiet: bool,
) -> None:
    """Train on `train`, choose the best epoch on `validation`, and save it as `run.model`.

    Continues after the last complete epoch if the run folder holds one. With a teacher, the
    accuracy on `train` counts agreement with the blend of label and answer.

    Raises:
        NonFiniteLossError: The loss became infinite or not a number.
        DataError: The state to continue from is damaged.
        OutputError: A file cannot be written; the best model so far is kept.
    """
    make_repeatable(config.seed, compute)
    classes = len(dataset.emotions)
    state = last_state(run.state)
    if state:
        check_resumed(config, run, classes)
    train, validation = _splits(config, dataset)
    if teacher is not None:
        _blend_answers(train, teacher, config, run, quiet)
    core = core_model(config, run, classes)
    heads = with_votes_head(core, votes=len(FERPLUS_EMOTIONS)) if config.votes_weight else core
    resident = can_reside(train, validation)
    model = training_model(heads, config, len(train), classes, resident=resident)
    if config.fine_tunes:
        model.optimizer.set_head(model.trainable_variables, core.layers[-1].trainable_variables)
    if compute.backend == "tensorflow":
        _make_variables(model, train)

    write_history(run.history, state["history"] if state else [])
    if state and (state["stop"] or state["epoch"] >= config.epochs):
        return
    feeds = _feeds(model, [train, validation], quiet)
    # Setting weights synchronises several processes, so all must do it in the same order.
    writer = BackgroundWriter(beside=is_alone())
    reporting = reporting_callbacks(config, run, compute, len(feeds[0]), quiet=quiet)
    own = [
        EpochSeeds(config.seed, train),
        SizeSchedule(model.get_layer("training_size"), config.image_sizes, config.epochs),
        *learning_callbacks(config, run, heads, dataset.emotions, writer),
    ]
    try:
        _run_epochs(model, feeds, config.epochs, [*own, *reporting, *callbacks])
        writer.finish()
    except BaseException as error:
        writer.close()
        for callback in reporting:  # Keras closes neither files nor bars when training fails
            with suppress(Exception):  # a full disk, once more
                callback.on_train_end()
        if (explained := _explained(error, config, run)) is error:
            raise
        raise explained from error


def _run_epochs(
    model: keras.Model, feeds: list[Any], epochs: int, callbacks: list[keras.callbacks.Callback]
) -> None:
    model.fit(
        feeds[0],
        validation_data=feeds[1],
        epochs=epochs,
        callbacks=callbacks,
        shuffle=False,  # the batches shuffle themselves
        verbose=0,
    )


def _splits(config: TrainConfig, dataset: FerDataset) -> tuple[Batches, Batches]:
    """Return the batches of `train` and of `validation`."""
    if not config.votes_weight:
        dataset = replace(dataset, votes=None)  # without a second head nothing learns from them
    train = _batches(dataset.split("train"), config.batch_size, config.seed)
    return train, _batches(dataset.split("validation"), max(config.batch_size, 128))


def _blend_answers(
    train: Batches, teacher: Teacher, config: TrainConfig, run: RunFolder, quiet: bool
) -> None:
    """Blend the teacher's predictions into the targets."""
    if train.targets is not None:
        answers = teacher.answers(train.images, run.answers, quiet=quiet)
        train.targets = blended(train.targets, answers, config.teacher_weight, teacher.first)


def _feeds(model: keras.Model, splits: list[Batches], quiet: bool) -> list[Any]:
    """Return the input of `model` for each split: arrays on the device if it trains there, else
    batches.
    """
    if isinstance(model, ResidentSequential):
        return model.hold(*splits)
    if keras.config.backend() == "jax" and not quiet:
        bound = f"{LARGEST / 2**30:g} GiB"
        notice = f"the images take more than {bound}, so each step sends its batch to the device"
        print(f"ferkit: {notice}", file=sys.stderr, flush=True)
    return [split.for_fit() for split in splits]


def _make_variables(model: keras.Model, train: Batches) -> None:
    """Create the variables of optimizer and metrics before the first step; otherwise TensorFlow
    would trace the step twice, which takes seconds for a large network.
    """
    model.optimizer.build(model.trainable_variables)
    images, targets = train[0]
    model.compute_metrics(images[:1], targets[:1], keras.ops.zeros((1, *model.output_shape[1:])))
    model.reset_metrics()


def _explained(error: BaseException, config: TrainConfig, run: RunFolder) -> BaseException:
    """Return a clearer error for an error of Keras, if there is one."""
    if isinstance(error, RuntimeError) and "NaN or Inf loss" in str(error):
        return NonFiniteLossError(
            "The loss became infinite or not a number and training has stopped; lower the learning "
            f"rate (learning_rate={config.learning_rate / 10:g}) or use precision=float32."
        )
    reason = None
    if isinstance(error, OSError) and not isinstance(error, OutputError):
        reason = error.strerror or str(error)
    elif "Summary" in str(error):  # of TensorBoard's file, as TensorFlow says it: "PATH; REASON"
        found = re.search(r"; ([A-Za-z ]+)(?: \[|\n|$)", str(error))
        reason = found and found[1]
    if reason is None:
        return error
    return OutputError(
        f"Cannot write into {run.path}: {reason}. Free some space, then continue with resume=True."
    )


def make_repeatable(seed: int, compute: Compute) -> None:
    """Seed Python, NumPy and the backend; in float32 also ask TensorFlow for repeatable kernels."""
    keras.utils.set_random_seed(seed)
    if compute.backend == "tensorflow" and compute.precision == "float32":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


def _batches(split: FerDataset, size: int, seed: int | None = None) -> Batches:
    targets = split.targets
    if targets is None:
        targets = one_hot(split.labels, len(split.emotions))
    if split.votes is not None:
        targets = np.concatenate([targets, split.votes], axis=1)
    return Batches(split.images, targets, size, seed)
