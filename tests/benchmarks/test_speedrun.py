"""The speedrun's clock, records and summary."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
import pytest

import speedrun
from ferkit.backend.choosing import Compute
from ferkit.runs.config import TrainConfig


def run(kind: str, seconds: float, accuracy: float) -> dict[str, Any]:
    return {"kind": kind, "seconds": seconds, "test_accuracy": accuracy}


def test_the_summary_is_the_mean_over_all_seeds() -> None:
    rows = [run("cold", 12, 0.69), run("warm", 8, 0.70), run("warm", 9, 0.72)]
    assert speedrun.summary(rows, 0.70).splitlines() == [
        "test: 70.33 ± 1.53 % over 3 seeds",
        "cold: 12.0 s (12.0 to 12.0, 1 runs)",
        "warm: 8.5 s (8.0 to 9.0, 2 runs)",
        "target of 70 %: reached",
    ]
    assert speedrun.summary(rows[:1], 0.70).endswith("target of 70 %: missed")


def test_settings_are_those_that_are_not_the_defaults() -> None:
    config = TrainConfig(epochs=3, data="somewhere", seed=5, tensorboard=False)
    assert speedrun.differences(config) == {"epochs": 3}


def test_a_recipe_is_taken_by_name_and_changed_by_settings() -> None:
    arguments = argparse.Namespace(
        recipe="cnn4", set=["epochs=2", "augment=light"], data="faces", ferplus=None
    )
    config = speedrun.chosen_config(arguments)
    assert (config.recipe, config.epochs, config.augment) == ("cnn4", 2, "light")
    assert (config.data, config.tensorboard) == ("faces", False)


def test_the_clock_covers_training_and_predicting_alone(
    tiny_dataset: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    test = tiny_dataset.split("test")

    def trained(config: Any, dataset: Any, folder: str, device: str) -> Any:
        assert config.seed == 3
        now[0] += 42
        wrong = np.where(np.arange(len(test)) == 0, (test.labels + 1) % 7, test.labels)
        return [{"val_accuracy": "0.5"}, {"val_accuracy": "0.4"}], Compute("x", "cpu", "y"), wrong

    monkeypatch.setattr(speedrun, "train_and_predict", trained)
    monkeypatch.setattr(speedrun.time, "perf_counter", lambda: now[0])
    row = speedrun.timed_run(TrainConfig(), tiny_dataset, 3, "cpu")
    assert row["seconds"] == 42
    assert row["test_accuracy"] == pytest.approx(1 - 1 / len(test))
    assert (row["validation_accuracy"], row["epochs"], row["seed"]) == (0.5, 2, 3)
