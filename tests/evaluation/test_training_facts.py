"""Training facts in the report, for each way of training."""

from __future__ import annotations

from typing import Any

import pytest

from ferkit.evaluation.training_facts import training_facts
from ferkit.runs.config import TrainConfig

METRICS = {"model": {"parameters": 1234}}


def facts_of(**settings: Any) -> dict[str, str]:
    return dict(training_facts(TrainConfig(**settings).to_dict(), None, METRICS))


def test_adam_with_a_falling_rate() -> None:
    facts = facts_of(time_decay=1e-6, plateau_factor=0.2, label_smoothing=0.1, stop_patience=3)
    assert facts["Model"] == "cnn6, 1,234 parameters"
    assert facts["Optimizer"] == "Adam on categorical cross-entropy, label smoothing 0.1"
    assert facts["Learning rate"] == (
        "0.001, divided by 1 + 1e-06 × step, times 0.2 after 5 epochs without better val_loss"
    )
    assert facts["Epochs"] == "at most 60, stopped after 3 without better val_loss"
    assert facts["Labels"] == "the data's own"
    assert "Began with" not in facts


def test_nesterov_with_a_cosine_and_a_second_head() -> None:
    facts = facts_of(
        optimizer="nesterov",
        learning_rate=0.05,
        warmup_epochs=2.0,
        kernel_decay=1e-3,
        votes_weight=0.5,
        ferplus="f",
    )
    assert facts["Optimizer"] == (
        "SGD with Nesterov momentum on categorical cross-entropy, weight decay 0.001 on kernels"
    )
    assert facts["Learning rate"] == (
        "0.05 at its peak, after 2 epochs of warm-up, then one cosine to zero"
    )
    assert facts["Labels"] == "the data's own, and FER+'s votes through a second head of weight 0.5"


def test_muon_with_a_cosine() -> None:
    facts = facts_of(optimizer="muon", learning_rate=0.02, warmup_epochs=2.0)
    assert facts["Optimizer"].startswith("Muon (orthogonalised steps of convolutions")
    assert facts["Learning rate"].startswith("0.02 at its peak, after 2 epochs")


def test_a_fine_tuning() -> None:
    facts = facts_of(start="nano", head_epochs=5, body_rate=0.1)
    assert facts["Began with"] == "nano"
    assert facts["Learning rate"] == (
        "0.001, for the last layer; the others rest for 5 epochs, then learn at 0.1 times that"
    )


def test_a_second_cycle_of_the_whole_network_freezes_no_layers() -> None:
    facts = facts_of(start="nano", optimizer="nesterov", learning_rate=0.05)
    assert facts["Began with"] == "nano"
    assert facts["Learning rate"].endswith("one cosine to zero")


@pytest.mark.parametrize("labels", ["ferplus-majority", "ferplus-votes"])
def test_extra_labels_are_listed(labels: str) -> None:
    assert "FER+'s votes" in facts_of(labels=labels, ferplus="f")["Labels"]


def test_a_config_of_another_version_lists_its_known_settings() -> None:
    facts = dict(training_facts({"model": "old", "seed": 3}, None, METRICS))
    assert facts == {"Model": "old, 1,234 parameters", "Seed": "3"}
    assert training_facts(None, None, METRICS) == []
