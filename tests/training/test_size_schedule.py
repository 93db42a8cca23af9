"""Images grow over the epochs, a resumed training continues at the right size, and validation uses
full size.
"""

from __future__ import annotations

import re

import keras
import numpy as np
import pytest

from ferkit.errors import UsageError
from ferkit.runs.config import TrainConfig
from ferkit.training.augmentation.image_size import TrainingSize
from ferkit.training.callbacks.size_schedule import SizeSchedule


@pytest.mark.parametrize(
    ("sizes", "epochs", "expected"),
    [
        ((48,), 2, [48, 48]),
        ((32, 48), 4, [32, 32, 48, 48]),
        ((32, 40, 48), 7, [32, 32, 32, 40, 40, 48, 48]),
        ((32, 40, 48), 2, [32, 40]),
    ],
)
def test_each_size_has_its_share(sizes: tuple[int, ...], epochs: int, expected: list[int]) -> None:
    schedule = SizeSchedule(TrainingSize((None, None)), sizes, epochs)
    assert [schedule.size_of(epoch) for epoch in range(epochs)] == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must be sizes of 16 to 48 pixels that end with 48, such as 32-40-48, not ''"),
        ("32", "that end with 48, such as 32-40-48, not '32'"),
        ("32-40", "that end with 48, such as 32-40-48, not '32-40'"),
        ("8-48", "must lie in 16..48, not 8"),
        ("48-64", "must lie in 16..48, not 64"),
        ("32,48", "must be int joined by '-', not '32,48'"),
        ("-48", "must be int joined by '-', not '-48'"),
        ("a-48", "must be int joined by '-', not 'a-48'"),
    ],
)
def test_wrong_size_schedules_are_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=f"image_sizes .*{re.escape(said)}"):
        TrainConfig().with_settings({"image_sizes": text})


def test_training_shrinks_and_validation_does_not() -> None:
    layer = TrainingSize((None, None))
    layer.size = 32
    images = np.full((2, 48, 48, 1), 77, np.float32)
    assert np.asarray(layer(images, training=True)) == pytest.approx(np.full((2, 32, 32, 1), 77))
    assert layer(images, training=False).shape == (2, 48, 48, 1)


def test_step_is_compiled_anew_for_each_size() -> None:
    seen: list[int] = []

    class Seen(keras.layers.Layer):  # type: ignore[misc]
        def call(self, images: keras.KerasTensor) -> keras.KerasTensor:
            seen.append(images.shape[1])  # runs where the step is traced
            return keras.ops.mean(images, axis=(1, 2))

        def compute_output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
            return (shape[0], 1)

    size = TrainingSize((None, None))
    model = keras.Sequential([keras.Input((48, 48, 1)), size, Seen(), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse", jit_compile=False)
    seen.clear()
    images, targets = np.zeros((4, 48, 48, 1), np.float32), np.zeros((4, 1), np.float32)
    schedule = SizeSchedule(size, (32, 40, 48), 3)
    model.fit(images, targets, epochs=3, callbacks=[schedule], verbose=0)
    assert list(dict.fromkeys(seen)) == [32, 40, 48]
