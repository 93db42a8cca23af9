"""Order and random numbers of an epoch as a function of only seed and epoch."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from ferkit.backend.feeding import Batches


class EpochSeeds(keras.callbacks.Callback):  # type: ignore[misc]
    """Sets the order of the images and the random state of every layer at the start of each epoch.

    Epoch 7 is then the same whether it follows epoch 6 in the same process or in a resumed one.
    Keras does not save the order, nor the random states of dropout and augmentation.
    """

    def __init__(self, seed: int, batches: Batches) -> None:
        super().__init__()
        self.seed = seed
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Draw this epoch's order and states."""
        self.batches.set_epoch(epoch)
        states = seed_states(self.model)
        drawn = np.random.default_rng([self.seed, epoch, 1]).integers(
            0, 2**31, size=(len(states), 2)
        )
        for state, value in zip(states, drawn, strict=True):
            state.assign(value.astype(state.dtype))


def seed_states(model: keras.Model) -> list[Any]:
    """Return the random states of a model's layers, in the layers' order."""
    return [variable for variable in model.variables if variable.name == "seed_generator_state"]
