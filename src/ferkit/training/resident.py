"""Training on JAX with the data on the device, where one dispatch runs many steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from ferkit.backend.feeding import Batches
from ferkit.training.devices import shared

# Enough that the overhead of a dispatch is small, and few enough that the progress bar is updated,
# and a loss that is not finite is noticed, several times per epoch.
STEPS_PER_DISPATCH = 64
# Most bytes of images; GPUs for training have several times as much memory.
LARGEST = 4 * 2**30
# Index in the padding steps of an epoch's last dispatch.
_NO_IMAGE = -1


def can_reside(*splits: Batches) -> bool:
    """Return whether training keeps the images of `splits` on the device: on JAX, if they are not
    too large.
    """
    size = sum(split.images.nbytes for split in splits)
    return bool(keras.config.backend() == "jax" and size <= LARGEST)


class ResidentBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Many batches of `Batches` at a time, as indices into arrays on the device.

    Item `i` is the input of one dispatch of `ResidentSequential`: `int32` `(steps, batch_size)`
    indices. All dispatches have the same number of steps, so that they share one compiled program;
    the last one is padded with rows of -1 if necessary. A last batch with fewer images is a
    separate dispatch.

    Args:
        batches: The batches; items follow their order at the time of the call.
    """

    def __init__(self, batches: Batches) -> None:
        super().__init__()
        self.batches = batches
        self.full_steps, self.rest = divmod(len(batches.images), batches.batch_size)
        self.dispatches = -(-self.full_steps // STEPS_PER_DISPATCH)
        # Spread evenly, so that there are fewer padding steps than dispatches.
        self.steps = -(-self.full_steps // max(self.dispatches, 1))

    def __len__(self) -> int:
        return self.dispatches + bool(self.rest)

    def __getitem__(self, index: int) -> tuple[np.ndarray]:
        size = self.batches.batch_size
        full, rest = np.split(self.batches.order.astype(np.int32), [self.full_steps * size])
        if index == self.dispatches:
            return (rest[None],)
        rows = full.reshape(-1, size)[index * self.steps : (index + 1) * self.steps]
        filled = np.full((self.steps, size), _NO_IMAGE, np.int32)
        filled[: len(rows)] = rows
        return (filled,)


class SharedSequential(keras.Sequential):  # type: ignore[misc]
    """A Keras model on JAX whose steps divide each batch among the training devices."""

    def train_step(self, state: Any, data: Any) -> Any:
        """Run one training step."""
        return super().train_step(state, shared(data))

    def test_step(self, state: Any, data: Any) -> Any:
        """Run one evaluation step."""
        return super().test_step(state, shared(data))


class ResidentSequential(SharedSequential):
    """A Keras model that is fitted and evaluated on `ResidentBatches`, on JAX."""

    train_function: Any
    test_function: Any

    def hold(self, *splits: Batches) -> list[ResidentBatches]:
        """Put `splits` on every device and return the inputs of `fit`: the first split is trained
        on, the last one validates.
        """
        # Keras would build the model from the first batch of images, but it only sees indices.
        self._symbolic_build(data_batch=splits[0][0])
        self._train_arrays, self._test_arrays = (
            _on_devices(split.images, split.targets) for split in (splits[0], splits[-1])
        )
        return [ResidentBatches(split) for split in splits]

    def make_train_function(self, force: bool = False) -> None:
        """Create the function that runs the training steps of one dispatch."""
        if self.train_function is None or force:
            self.train_function = _dispatcher(self.train_step, self._train_arrays)

    def make_test_function(self, force: bool = False) -> None:
        """Create the function that runs the evaluation steps of one dispatch."""
        if self.test_function is None or force:
            self.test_function = _dispatcher(self.test_step, self._test_arrays)


def _on_devices(*arrays: Any) -> tuple[Any, ...]:
    """Return the arrays, replicated on every training device."""
    import jax

    distribution = keras.distribution.distribution()
    if distribution is None:
        return tuple(jax.device_put(arrays))
    layouts = [distribution.get_data_layout(array.shape).backend_layout for array in arrays]
    return tuple(map(jax.make_array_from_process_local_data, layouts, arrays))


def _dispatcher(
    step: Callable[..., Any], arrays: tuple[Any, ...]
) -> Callable[[Any, Iterator[Any]], Any]:
    """Return a function that takes a state and an iterator of dispatches, as Keras's loop calls it,
    and runs `step` over the next dispatch, on images and targets of `arrays`.
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
        (order,) = next(dispatches)
        return compiled(state, order, *arrays)

    return run
