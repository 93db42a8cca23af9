"""The compiled model for fitting: augmentation, network, loss and optimizer."""

from __future__ import annotations

import keras

from ferkit.runs.config import TrainConfig
from ferkit.training.augmentation.image_size import TrainingSize
from ferkit.training.augmentation.pipelines import create_augmentation
from ferkit.training.optimizers.adam import TimeDecayAdam
from ferkit.training.optimizers.head_first_adam import HeadFirstAdam
from ferkit.training.optimizers.muon import Muon
from ferkit.training.optimizers.nesterov import NesterovSGD, WarmCosine
from ferkit.training.resident import ResidentSequential, SharedSequential
from ferkit.training.votes_head import TwoHeadLoss, own_accuracy


def training_model(
    core: keras.Model,
    config: TrainConfig,
    steps_per_epoch: int,
    classes: int,
    *,
    resident: bool = False,
) -> keras.Model:
    """Return augmentation and `core` as one model, compiled for training.

    Augmentation comes before the network and is not part of it, so that only the network is saved.

    Args:
        core: The network.
        config: Settings of the training.
        steps_per_epoch: Number of batches in an epoch.
        classes: Number of classes.
        resident: Whether to return a `ResidentSequential`. Defaults to False.
    """
    pixels = keras.layers.Lambda(
        lambda images: keras.ops.cast(images, "float32"),
        output_shape=(48, 48, 1),
        dtype="float32",
        name="to_float",
    )
    inputs = keras.Input((48, 48, 1), dtype="uint8")
    size = TrainingSize(core.inputs[0].shape[1:3], name="training_size")
    layers = [inputs, pixels, *create_augmentation(config.augment), size, core]
    jax = keras.config.backend() == "jax"
    kind = ResidentSequential if resident else SharedSequential if jax else keras.Sequential
    model = kind(layers, name="training")
    model.compile(
        optimizer=_optimizer(config, steps_per_epoch),
        loss=_loss(config, classes),
        metrics=[own_accuracy(classes) if config.votes_weight else "accuracy"],
        # A resident model compiles itself, including layers that Keras would not compile.
        jit_compile=compute_compiles() and not resident,
    )
    return model


def _loss(config: TrainConfig, classes: int) -> keras.losses.Loss:
    if config.votes_weight:
        return TwoHeadLoss(classes, config.votes_weight, config.label_smoothing)
    return keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing)


def _optimizer(config: TrainConfig, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    if config.fine_tunes:
        return HeadFirstAdam(config.learning_rate, config.time_decay)
    if config.optimizer == "adam":
        return TimeDecayAdam(config.learning_rate, config.time_decay)
    steps = config.epochs * steps_per_epoch
    warmup = round(config.warmup_epochs * steps_per_epoch)
    rate = WarmCosine(config.learning_rate, steps, warmup)
    kind = Muon if config.optimizer == "muon" else NesterovSGD
    return kind(rate, kernel_decay=config.kernel_decay)


def compute_compiles() -> bool:
    """Return whether XLA compiles the training step: always on JAX, never on TensorFlow, whose
    oneDNN kernels are faster.
    """
    return bool(keras.config.backend() == "jax")
