"""The network that a training fits, without the parts that only the training needs."""

from __future__ import annotations

import keras

from ferkit.backend.fused_norm import with_fused_norm
from ferkit.errors import ModelError
from ferkit.models.checkpoint import load_model, load_untrained
from ferkit.models.graph_match import same_network
from ferkit.models.registry import create_model
from ferkit.runs.config import TrainConfig
from ferkit.runs.folder import RunFolder
from ferkit.training.start import starting_model


def core_model(config: TrainConfig, run: RunFolder, classes: int) -> keras.Model:
    """Return the model to train; it accepts any image size if the training changes sizes.

    Args:
        config: Settings of the training.
        run: The run folder, with the model to start from if there is one.
        classes: Number of classes.

    Raises:
        ModelError: The weights to start from are of another architecture, or of another version.
    """
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
            f"The weights of {config.start} do not fit the architecture {config.model}; use a run "
            "of that architecture."
        )
    # The shapes of another version may match, but its weights would be meaningless here.
    if not same_network(start, core):
        raise ModelError(
            f"{config.start} was trained with another version of the architecture {config.model}; "
            "use a run of this version, or train again without start."
        )
    core.set_weights(start.get_weights())


def check_resumed(config: TrainConfig, run: RunFolder, classes: int) -> None:
    """Check that a resumed training has its best model, of the architecture of this version.

    Raises:
        ModelError: The model is lost, or has another architecture.
    """
    if not run.model.is_file():  # a later epoch may not be better, so none would be written
        raise ModelError(
            f"{run.path} has lost {run.model.name}, the best of its epochs; put it back, or remove "
            f"{run.state} to train from the first epoch."
        )
    if config.fine_tunes:
        return
    if not same_network(load_untrained(run.model), portable_model(config, classes)):
        raise ModelError(
            f"{run.path} was trained with another version of the architecture {config.model}; "
            "train again in another folder."
        )


def portable_model(config: TrainConfig, classes: int) -> keras.Model:
    """Return the untrained model in the form in which it is saved: float32, only Keras layers."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        return create_model(config.model, num_classes=classes)
    finally:
        keras.config.set_dtype_policy(policy)
