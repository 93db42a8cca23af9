"""Counting the arithmetic of a training; tests/test_jax.py runs it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import training_flops
from ferkit.models import create_model
from ferkit.models.size import count_macs
from ferkit.training import TrainConfig


def test_macs_are_those_of_the_trained_net_at_each_size() -> None:
    plain = TrainConfig(model="nano", image_sizes=(32, 48))
    assert training_flops.macs_at(plain, 48) == count_macs(create_model("nano"))
    assert training_flops.macs_at(plain, 32) < 0.5 * training_flops.macs_at(plain, 48)
    more = training_flops.macs_at(TrainConfig(model="nano", votes_weight=1.0), 48)
    features = create_model("nano").layers[-1].input.shape[-1]
    assert more - training_flops.macs_at(plain, 48) == features * 8


def test_only_epochs_after_the_first_are_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([100.0, 103.0, 107.0])  # the first ends after compiling
    orders: list[int] = []
    feed = SimpleNamespace(batches=SimpleNamespace(set_epoch=orders.append))

    def fit(_: object, epochs: int, callbacks: list, **__: object) -> None:  # type: ignore[type-arg]
        for epoch in range(epochs):
            callbacks[0].on_epoch_begin(epoch)
            callbacks[0].on_epoch_end(epoch, {"loss": 1.0})

    monkeypatch.setattr(training_flops.time, "perf_counter", lambda: next(times))
    assert training_flops.seconds_of_epochs(SimpleNamespace(fit=fit), feed, 2) == 7.0
    assert orders == [0, 1, 2]
