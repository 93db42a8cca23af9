"""Batches: complete, ordered by seed and epoch, equal on every backend."""

from __future__ import annotations

import numpy as np
import pytest

from ferkit.backend.feeding import Batches, one_hot, predict
from ferkit.models import create_model

IMAGES = np.arange(10, dtype=np.uint8).repeat(2304).reshape(10, 48, 48, 1)
TARGETS = one_hot(np.arange(10) % 7, 7)


def seen(batches: Batches) -> list[int]:
    return [int(image[0, 0, 0]) for index in range(len(batches)) for image in batches[index][0]]


def test_every_image_once_with_its_target() -> None:
    batches = Batches(IMAGES, TARGETS, 4, seed=1)
    batches.set_epoch(0)
    assert len(batches) == 3
    assert sorted(seen(batches)) == list(range(10))
    for index in range(3):
        images, targets = batches[index]
        assert targets.argmax(axis=1).tolist() == [int(i[0, 0, 0]) % 7 for i in images]


def test_order_is_a_function_of_seed_and_epoch() -> None:
    orders = []
    for seed, epoch in [(1, 0), (1, 1), (2, 0), (1, 0)]:
        batches = Batches(IMAGES, TARGETS, 4, seed=seed)
        batches.set_epoch(epoch)
        orders.append(seen(batches))
    assert orders[0] == orders[3]
    assert orders[0] != orders[1] != orders[2] != orders[0]


def test_without_seed_the_order_stays() -> None:
    batches = Batches(IMAGES, TARGETS, 4)
    batches.set_epoch(3)
    assert seen(batches) == list(range(10))


def test_tensorflow_gets_the_same_order() -> None:
    batches = Batches(IMAGES, TARGETS, 4, seed=1)
    dataset = batches.for_fit()
    for epoch in (0, 5):
        batches.set_epoch(epoch)
        got = [int(i[0, 0, 0]) for images, _ in dataset for i in images.numpy()]
        assert got == seen(batches)


def test_predict_is_the_model_in_order() -> None:
    model = create_model("demo")
    expected = np.asarray(model(IMAGES, training=False))
    assert predict(model, IMAGES, batch_size=3) == pytest.approx(expected, abs=1e-6)
    assert predict(model, IMAGES).dtype == np.float32
