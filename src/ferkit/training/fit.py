"""The training itself: data and config in, a run folder's history and best model out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from ferkit.backend.choosing import Compute
from ferkit.backend.feeding import Batches, one_hot
from ferkit.backend.fused_norm import with_fused_norm
from ferkit.data.dataset import FerDataset
from ferkit.data.ferplus import FERPLUS_EMOTIONS
from ferkit.errors import ModelError, NonFiniteLossError, OutputError
from ferkit.models.checkpoint import load_model, load_untrained
from ferkit.models.graph_match import same_network
from ferkit.models.registry import create_model
from ferkit.runs.config import TrainConfig
from ferkit.runs.folder import RunFolder
from ferkit.runs.history import write_history
from ferkit.training.background_writer import BackgroundWriter
from ferkit.training.callbacks.best_model import BestModel
from ferkit.training.callbacks.epoch_log import EpochLog, KeepEffectiveRate
from ferkit.training.callbacks.epoch_seeds import EpochSeeds
from ferkit.training.callbacks.head_first import HeadFirst
from ferkit.training.callbacks.progress import TrainingProgress
from ferkit.training.callbacks.size_schedule import SizeSchedule
from ferkit.training.callbacks.training_state import TrainingState, last_state
from ferkit.training.resident import LARGEST, ResidentSequential, can_reside
from ferkit.training.start import starting_model
from ferkit.training.teacher import Teacher, blended
from ferkit.training.training_model import training_model
from ferkit.training.votes_head import own_head, votes_head, with_votes_head


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
    """Train on `train`, choose the best epoch on `validation`, and leave it in `run.model`.

    Goes on after the last finished epoch when the run folder holds one. With a teacher, the
    accuracy on `train` counts agreement with the blend of label and answer.

    Raises:
        NonFiniteLossError: The loss became infinite or not a number.
        OutputError: Something cannot be written; the best model so far stays whole.
    """
    make_repeatable(config.seed, compute)
    classes = len(dataset.emotions)
    state = last_state(run.state)
    if state:
        _check_resumed(config, run, classes)
    if not config.votes_weight:
        dataset = replace(dataset, votes=None)  # without a second head nothing learns from them
    train = _batches(dataset.split("train"), config.batch_size, config.seed)
    if teacher is not None and train.targets is not None:
        answers = teacher.answers(train.images, run.answers, quiet=quiet)
        train.targets = blended(train.targets, answers, config.teacher_weight)
    validation = _batches(dataset.split("validation"), max(config.batch_size, 128))
    core = _core(config, run, classes)
    heads = with_votes_head(core, votes=len(FERPLUS_EMOTIONS)) if config.votes_weight else core
    resident = can_reside(train, validation)
    model = training_model(heads, config, len(train), classes, resident=resident)
    if config.fine_tunes:
        model.optimizer.set_head(model.trainable_variables, core.layers[-1].trainable_variables)

    write_history(run.history, state["history"] if state else [])
    if state and (state["stop"] or state["epoch"] >= config.epochs):
        return
    feeds = _feeds(model, [train, validation], quiet)
    telling = [TrainingProgress(config.epochs, len(feeds[0]), quiet)]
    if config.tensorboard and compute.backend == "tensorflow":
        telling.append(keras.callbacks.TensorBoard(run.tensorboard, write_graph=False))
    writer = BackgroundWriter()
    own = [
        EpochSeeds(config.seed, train),
        SizeSchedule(model.get_layer("training_size"), config.image_sizes, config.epochs),
        *([HeadFirst(config.head_epochs, config.body_rate)] if config.fine_tunes else []),
        keras.callbacks.TerminateOnNaN(raise_error=True),
        *_learning_callbacks(config, run, heads, dataset.emotions, writer),
        *telling,
    ]
    try:
        model.fit(
            feeds[0],
            validation_data=feeds[1],
            epochs=config.epochs,
            callbacks=[*own, *callbacks],
            shuffle=False,  # the batches order themselves
            verbose=0,
        )
        writer.finish()
    except BaseException as error:
        writer.close()
        for callback in telling:  # Keras closes no file and no bar when training fails
            callback.on_train_end()
        explained = _explained(error, config, run)
        if explained is error:
            raise
        raise explained from error


def _feeds(model: keras.Model, splits: list[Batches], quiet: bool) -> list[Any]:
    """Return what `model` takes of each split: arrays on the device where it trains there, else
    batches.
    """
    if isinstance(model, ResidentSequential):
        return model.hold(*splits)
    if keras.config.backend() == "jax" and not quiet:
        bound = f"{LARGEST / 2**30:g} GiB"
        told = (
            f"ferkit: the images take more than {bound}, so each step sends its batch to the device"
        )
        print(told, file=sys.stderr, flush=True)
    return [split.for_fit() for split in splits]


def _explained(error: BaseException, config: TrainConfig, run: RunFolder) -> BaseException:
    """Return what Keras raised in ferkit's words, where they help."""
    if isinstance(error, RuntimeError) and "NaN or Inf loss" in str(error):
        return NonFiniteLossError(
            "The loss became infinite or not a number and training has stopped; lower the learning "
            f"rate (learning_rate={config.learning_rate / 10:g}) or use precision=float32."
        )
    if isinstance(error, OSError) and not isinstance(error, OutputError):
        return OutputError(
            f"Cannot write into {run.path}: {error.strerror or error}. "
            "Free some space, then continue with resume=True."
        )
    return error


def _core(config: TrainConfig, run: RunFolder, classes: int) -> keras.Model:
    """Return the model to train; one that takes any image size where sizes change."""
    if config.fine_tunes:
        return starting_model(run.start)
    open_size = {} if config.image_sizes == (48,) else {"image_size": None}
    core = create_model(config.model, num_classes=classes, **open_size)
    if config.start:
        _take_weights(core, config, run)
    return with_fused_norm(core)


def _take_weights(core: keras.Model, config: TrainConfig, run: RunFolder) -> None:
    start = load_model(run.start)
    shapes, wanted = ([weight.shape for weight in model.weights] for model in (start, core))
    if shapes != wanted:
        raise ModelError(
            f"The weights of {config.start} do not fit the architecture {config.model}; give a run "
            "of that one."
        )
    # Weights of an older version fit by shape alone, and would begin as if from nothing, silently.
    if not same_network(start, core):
        raise ModelError(
            f"{config.start} was trained with another version of the architecture {config.model}; "
            "give a run of this "
            "version, or train anew without start."
        )
    core.set_weights(start.get_weights())


def _check_resumed(config: TrainConfig, run: RunFolder, classes: int) -> None:
    """Check that the weights of a training that goes on are of this version of its architecture."""
    if config.fine_tunes or not run.model.is_file():
        return
    if not same_network(load_untrained(run.model), _portable(config, classes)):
        raise ModelError(
            f"{run.path} was trained with another version of the architecture {config.model}; "
            "train anew in another "
            "folder."
        )


def make_repeatable(seed: int, compute: Compute) -> None:
    """Seed Python, NumPy and the backend; in float32 also ask TensorFlow for repeatable kernels."""
    keras.utils.set_random_seed(seed)
    if compute.backend == "tensorflow" and compute.precision == "float32":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


def _learning_callbacks(
    config: TrainConfig,
    run: RunFolder,
    heads: keras.Model,
    emotions: tuple[str, ...],
    writer: BackgroundWriter,
) -> list[keras.callbacks.Callback]:
    """Return what decides: learning rate, end, best model, and the state that remembers them."""
    log = EpochLog(config.learning_rate)
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
    return [log, *watched, KeepEffectiveRate(log), TrainingState(run, watched, writer)]


def _best_models(
    config: TrainConfig,
    run: RunFolder,
    heads: keras.Model,
    emotions: tuple[str, ...],
    writer: BackgroundWriter,
) -> list[BestModel]:
    """Return what keeps the best epoch of the model, and of its second head where there is one."""
    card = {"recipe": config.recipe, "seed": config.seed, "extra_labels": run.extra_labels()}
    monitor = config.checkpoint_monitor
    portable = load_model(run.start) if config.fine_tunes else _portable(config, len(emotions))
    own = own_head(heads) if config.votes_weight else heads
    best = [BestModel(run.model, own, portable, monitor, emotions, card, writer)]
    if config.votes_weight:
        votes = votes_head(heads)
        twin = votes_head(with_votes_head(portable, votes=len(FERPLUS_EMOTIONS)))
        best.append(BestModel(run.votes, votes, twin, monitor, FERPLUS_EMOTIONS, card, writer))
    return best


def _portable(config: TrainConfig, classes: int) -> keras.Model:
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        return create_model(config.model, num_classes=classes)
    finally:
        keras.config.set_dtype_policy(policy)


def _batches(split: FerDataset, size: int, seed: int | None = None) -> Batches:
    targets = split.targets
    if targets is None:
        targets = one_hot(split.labels, len(split.emotions))
    if split.votes is not None:
        targets = np.concatenate([targets, split.votes], axis=1)
    return Batches(split.images, targets, size, seed)
