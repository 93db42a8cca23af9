"""Data-parallel training: each device computes its share of every batch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import keras

from ferkit.errors import UsageError

# Keras's environment variable for the number of processes of one training.
_PROCESSES = "KERAS_DISTRIBUTION_NUM_PROCESSES"


class _Replicated(keras.distribution.DataParallel):  # type: ignore[misc]
    """Data parallelism in which every device has all data, and batches are divided inside the step.

    Keras's DataParallel splits its input along the first axis. Here that axis would be the steps of
    a dispatch instead of images, and last batches may not be divisible by the number of devices.
    """

    def get_data_layout(self, data_shape: tuple[int, ...]) -> Any:
        """Return the layout of data of this shape: replicated on all devices."""
        return keras.distribution.TensorLayout([None] * len(data_shape), self.device_mesh)


def join_processes() -> int:
    """Join the other processes of this training, which the environment names, and return the number
    of this one: 0 if it is the only one.

    It must be called before any computation.
    """
    if is_alone():
        return 0
    import jax

    if not jax.distributed.is_initialized():
        keras.distribution.initialize()
    return int(jax.process_index())


def is_alone() -> bool:
    """Return whether this training has a single process."""
    return not os.environ.get(_PROCESSES) or keras.config.backend() != "jax"


@contextmanager
def on_devices(devices: int | Literal["all"], batch_size: int) -> Iterator[None]:
    """Divide every batch among devices within a `with` block.

    Batch normalisation and the loss use the whole batch, so a training is the same as on one
    device, except for the order in which numbers are added.

    Args:
        devices: Number of devices of all processes, or `"all"`.
        batch_size: Images per step, on all devices together.

    Raises:
        UsageError: There are not enough devices, the backend is not JAX, or the batch size is not
            divisible by the number of devices.
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
            f"A batch of {batch_size} cannot be divided evenly among {count} devices; choose a "
            f"batch_size such as {-(-batch_size // count) * count}."
        )
    before = keras.distribution.distribution()
    # Keras must not distribute the data either, since each process has all of it.
    replicated = _Replicated(devices=found[:count], auto_shard_dataset=False)
    keras.distribution.set_distribution(replicated)
    try:
        yield
    finally:
        keras.distribution.set_distribution(before)


def shared(batch: Any) -> Any:
    """Inside a traced step, divide a batch among the devices; it is unchanged with one device, or
    if it cannot be divided evenly.
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
