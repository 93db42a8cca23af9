"""Training on JAX with the data on the device: one dispatch runs many steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from ferkit.backend.feeding import Batches

# So many that a dispatch costs little beside its steps, and so few that the progress bar moves, and
# a loss that is not finite is noticed, several times an epoch.
STEPS_PER_DISPATCH = 64
# Bytes of images; a GPU to train on has several times as much memory.
LARGEST = 4 * 2**30
# Stands in place of images in the steps that fill up an epoch's last dispatch.
_NO_IMAGE = -1


def can_reside(*splits: Batches) -> bool:
    """Say whether training keeps the images of `splits` on the device: on JAX, where they are not
    too many.
    """
    size = sum(split.images.nbytes for split in splits)
    return bool(keras.config.backend() == "jax" and size <= LARGEST)


class ResidentBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """The batches of `Batches`, many at a time, as indices into arrays that lie on the device.

    Item `i` is what `ResidentSequential` takes for one dispatch: `int32` `(steps, batch_size)`
    indices, images and targets. All dispatches have as many steps, so that they share one compiled
    program; where an epoch's full batches are no multiple of that, the last rows are -1. A last
    batch of fewer images is a dispatch of its own.

    Args:
        batches: The batches, in the order that they have when an item is asked for.
    """

    def __init__(self, batches: Batches) -> None:
        import jax

        super().__init__()
        self.batches = batches
        self.arrays = jax.device_put((batches.images, batches.targets))
        self.full_steps, self.rest = divmod(len(batches.images), batches.batch_size)
        self.dispatches = -(-self.full_steps // STEPS_PER_DISPATCH)
        # As even as can be: fewer steps that only fill up than there are dispatches.
        self.steps = -(-self.full_steps // max(self.dispatches, 1))

    def __len__(self) -> int:
        return self.dispatches + bool(self.rest)

    def __getitem__(self, index: int) -> tuple[tuple[Any, ...]]:
        size = self.batches.batch_size
        full, rest = np.split(self.batches.order.astype(np.int32), [self.full_steps * size])
        if index == self.dispatches:
            return ((rest[None], *self.arrays),)
        rows = full.reshape(-1, size)[index * self.steps : (index + 1) * self.steps]
        filled = np.full((self.steps, size), _NO_IMAGE, np.int32)
        filled[: len(rows)] = rows
        return ((filled, *self.arrays),)


class ResidentSequential(keras.Sequential):  # type: ignore[misc]
    """A Keras model that is fitted and evaluated on `ResidentBatches`, on JAX."""

    train_function: Any
    test_function: Any

    def hold(self, *splits: Batches) -> list[ResidentBatches]:
        """Put `splits` on the device and return what `fit` takes."""
        # Keras does this from the first batch of images that it meets, and it meets none.
        self._symbolic_build(data_batch=splits[0][0])
        return [ResidentBatches(split) for split in splits]

    def make_train_function(self, force: bool = False) -> None:
        """Make what runs the training steps of one dispatch."""
        if self.train_function is None or force:
            self.train_function = _dispatcher(self.train_step)

    def make_test_function(self, force: bool = False) -> None:
        """Make what runs the evaluation steps of one dispatch."""
        if self.test_function is None or force:
            self.test_function = _dispatcher(self.test_step)


def _dispatcher(step: Callable[..., Any]) -> Callable[[Any, Iterator[Any]], Any]:
    """Return what takes a state and dispatches, as Keras's loop calls it, and runs `step` over the
    next of them.
    """
    import jax

    def dispatch(state: Any, order: Any, images: Any, targets: Any) -> Any:
        def one(state: Any, chosen: Any) -> Any:
            logs, after = step(state, (images[chosen], targets[chosen]))
            is_step = chosen[0] != _NO_IMAGE
            kept = jax.tree.map(lambda new, old: jax.numpy.where(is_step, new, old), after, state)
            return kept, logs

        state, logs = jax.lax.scan(one, state, order)
        last = (order[:, 0] != _NO_IMAGE).sum() - 1
        return jax.tree.map(lambda log: log[last], logs), state

    compiled = jax.jit(dispatch, donate_argnums=0)

    def run(state: Any, dispatches: Iterator[Any]) -> Any:
        ((order, images, targets),) = next(dispatches)
        return compiled(state, order, images, targets)

    return run
