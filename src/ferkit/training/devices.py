"""One training on several devices: each computes its share of every batch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import keras

from ferkit.errors import UsageError

# Keras's own names, which say where the processes of one training find each other.
_PROCESSES = "KERAS_DISTRIBUTION_NUM_PROCESSES"


class _Replicated(keras.distribution.DataParallel):  # type: ignore[misc]
    """Data parallelism in which every device has all data, and takes its share of each batch inside
    the step.

    Keras's own cuts whatever it is given along the first axis: the steps of a dispatch instead of
    their images, and last batches that no number of devices divides.
    """

    def get_data_layout(self, data_shape: tuple[int, ...]) -> Any:
        """Return the layout of data of some shape: all of it everywhere."""
        return keras.distribution.TensorLayout([None] * len(data_shape), self.device_mesh)


def join_processes() -> int:
    """Join the other processes of this training, as the environment names them, and return the
    number of this one: 0 where it is alone.

    It must come before anything is computed.
    """
    if is_alone():
        return 0
    import jax

    if not jax.distributed.is_initialized():
        keras.distribution.initialize()
    return int(jax.process_index())


def is_alone() -> bool:
    """Say whether this training has no other process."""
    return not os.environ.get(_PROCESSES) or keras.config.backend() != "jax"


@contextmanager
def on_devices(devices: int | Literal["all"], batch_size: int) -> Iterator[None]:
    """Share every batch among devices while a `with` block lasts.

    The normalisation over a batch and its loss are those of the whole batch, so that a training is
    the same as on one device, but for the order in which numbers are added.

    Args:
        devices: How many of all processes' devices, or `"all"`.
        batch_size: Images per step, of all devices together.

    Raises:
        UsageError: There are not so many, the backend is not JAX, or they cannot have equal shares.
    """
    if devices == 1:
        yield
        return
    if keras.config.backend() != "jax":
        raise UsageError(
            "Training on several devices needs the backend JAX, not "
            f"{keras.config.backend()}; set KERAS_BACKEND=jax."
        )
    found = keras.distribution.list_devices()
    count = len(found) if devices == "all" else devices
    if not 1 <= count <= len(found):
        raise UsageError(f"There are {len(found)} devices ({', '.join(found)}), not {count}.")
    import jax

    if count < len(found) and jax.process_count() > 1:
        raise UsageError(f"Several processes share all of their {len(found)} devices, not {count}.")
    if batch_size % count:
        raise UsageError(
            f"{count} devices cannot have equal shares of a batch of {batch_size}; choose a "
            f"batch_size such as {-(-batch_size // count) * count}."
        )
    before = keras.distribution.distribution()
    # Nor shall Keras deal out the data: each process has all of it.
    replicated = _Replicated(devices=found[:count], auto_shard_dataset=False)
    keras.distribution.set_distribution(replicated)
    try:
        yield
    finally:
        keras.distribution.set_distribution(before)


def shared(batch: Any) -> Any:
    """Return a batch, inside a traced step, of which each device computes its share; unchanged with
    one device, or if it cannot be divided.
    """
    distribution = keras.distribution.distribution()
    if distribution is None:
        return batch
    import jax

    layout = keras.distribution.TensorLayout
    mesh, name = distribution.device_mesh, distribution.batch_dim_name

    def share(values: Any) -> Any:
        if values.shape[0] % mesh.shape[0]:
            return values
        axes = [name, *[None] * (values.ndim - 1)]
        return jax.lax.with_sharding_constraint(values, layout(axes, mesh).backend_layout)

    return jax.tree.map(share, batch)
