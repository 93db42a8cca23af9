"""Batches for Keras from arrays in memory, without tf.data's autotuner."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of `(images, one-hot labels)`, in order or in an order drawn for each epoch.

    Args:
        images: `uint8` `(n, 48, 48, 1)`.
        targets: `float32` `(n, c)` one-hot labels, or None to yield only images.
        batch_size: Images per batch; the last batch may have fewer.
        seed: None for a fixed order; otherwise the order of epoch `e` is drawn from `(seed, e)`, so
            that it is the same in a resumed and in an uninterrupted training.
    """

    def __init__(
        self,
        images: np.ndarray,
        targets: np.ndarray | None,
        batch_size: int,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        self.images = images
        self.targets = targets
        self.batch_size = batch_size
        self.seed = seed
        self.order = np.arange(len(images))
        self._tf_order: Any = None

    def set_epoch(self, epoch: int) -> None:
        """Draw the order of an epoch."""
        if self.seed is not None:
            self.order = np.random.default_rng([self.seed, epoch]).permutation(len(self.images))
            if self._tf_order is not None:
                self._tf_order.assign(self.order)

    def __len__(self) -> int:
        return -(-len(self.images) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        if self.targets is None:
            return (self.images[chosen],)
        return self.images[chosen], self.targets[chosen]

    def for_fit(self) -> Any:
        """Return the input for `fit`, `evaluate` and `predict` with the least overhead on the
        current backend.

        For TensorFlow, Keras wraps arrays in a tf.data pipeline with autotuning, whose thread
        sleeps in doubling steps up to a minute and is joined when an epoch ends: an epoch can last
        up to twice as long (records/LOG.md). Without it there is no wait.
        """
        if keras.config.backend() != "tensorflow":
            return self
        import tensorflow as tf

        self._tf_order = order = tf.Variable(self.order)
        arrays = [tf.constant(a) for a in (self.images, self.targets) if a is not None]
        size = self.batch_size

        def batch(index: Any) -> tuple[Any, ...]:
            chosen = order[index * size : (index + 1) * size]
            return tuple(tf.gather(array, chosen) for array in arrays)

        options = tf.data.Options()
        options.autotune.enabled = False
        options.threading.private_threadpool_size = 1
        return tf.data.Dataset.range(len(self)).map(batch, synchronous=True).with_options(options)


def one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    """Return `float32` `(n, classes)` one-hot rows of integer `labels`."""
    rows: np.ndarray = np.eye(classes, dtype=np.float32)[labels]
    return rows


def predict(model: keras.Model, images: np.ndarray, batch_size: int = 256) -> np.ndarray:
    """Return the class probabilities of `images`.

    Args:
        model: A Keras model from raw grey pixels to probabilities.
        images: `uint8` `(n, 48, 48, 1)`.
        batch_size: Images at once. Defaults to 256.

    Returns:
        `float32` `(n, c)`.
    """
    batches = Batches(images, None, batch_size).for_fit()
    probabilities: np.ndarray = np.asarray(model.predict(batches, verbose=0), dtype=np.float32)
    return probabilities
