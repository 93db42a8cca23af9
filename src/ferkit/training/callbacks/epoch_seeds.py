"""Order and random numbers of an epoch as a function of seed and epoch alone."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from ferkit.backend.feeding import Batches


class EpochSeeds(keras.callbacks.Callback):  # type: ignore[misc]
    """Set the order of the images and every layer's random state at the start of each epoch.

    Then epoch 7 is the same whether it follows epoch 6 in one process or starts a resumed one:
    neither the order nor the states of dropout and augmentation are among the weights that Keras
    saves.
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
