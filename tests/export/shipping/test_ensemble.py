"""From members to a shipped ensemble, its card and its page."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from ferkit.data.dataset import FerDataset
from ferkit.errors import ModelError
from ferkit.evaluation.ensemble import Ensemble
from ferkit.evaluation.predictors import KerasPredictor
from ferkit.export.cards.page import model_page
from ferkit.export.shipping import int8
from ferkit.export.shipping.ensemble import ship_ensemble
from ferkit.export.shipping.members import Member
from ferkit.export.shipping.ship import Shipped
from ferkit.inference.classifier import EmotionClassifier
from ferkit.labels import EMOTIONS
from ferkit.metrics.calibration import Calibration

Relatives = tuple[keras.Model, keras.Model]


def member(model: keras.Model, name: str, data: FerDataset) -> Member:
    environment = {"command": f"ferkit train {name}", "device": "cpu", "precision": "float32"}
    training = {
        "data": {"counts": data.counts()},
        "extra_labels": name == "second",
        "excluded": None,
        "config": {"seed": 0},
        "epochs": 3,
        "best_epoch": 2,
        "environment": environment,
    }
    figures = {"validation": 0.5, "test": 0.4, "test_clean": None}
    return Member(name, KerasPredictor(model, EMOTIONS), training, figures)


@pytest.fixture(scope="module")
def members(relatives: Relatives, tiny_dataset: FerDataset) -> list[Member]:
    names = ("first", "second")
    return [member(model, name, tiny_dataset) for model, name in zip(relatives, names, strict=True)]


@pytest.fixture(scope="module")
def shipped(
    members: list[Member], tiny_dataset: FerDataset, tmp_path_factory: pytest.TempPathFactory
) -> Shipped:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(int8, "MOST_LOSS", 1.0)  # 14 images and networks that learned nothing
        return ship_ensemble(members, "both", tiny_dataset, tmp_path_factory.mktemp("weights"))


def test_the_file_predicts_the_mean_of_the_members(
    shipped: Shipped, members: list[Member], tiny_dataset: FerDataset
) -> None:
    images = tiny_dataset.split("test").images
    calibration = Calibration(shipped.content["temperature"])
    wanted = calibration.apply(Ensemble([each.predictor for each in members]).predict(images))
    apart = EmotionClassifier(shipped.onnx, views="one").predict(images) - wanted
    assert 0 < np.abs(apart).mean() < 0.1  # weights in 8 bits, of networks that make much of little
    mirrored = EmotionClassifier(shipped.onnx, views="flip").predict(images)
    assert np.abs(mirrored - wanted).max() > 1e-3


def test_the_card_adds_up_its_members(shipped: Shipped, members: list[Member]) -> None:
    card = shipped.content
    counts = [each.predictor.model.count_params() for each in members]
    assert card["parameters"] == sum(counts)
    assert [each["name"] for each in card["members"]] == ["first", "second"]
    assert card["training"]["extra_labels"] is True
    assert card["views_inside"] is True
    assert set(card["files"]) == {"onnx"}
    assert card["files"]["onnx"]["bytes"] == shipped.onnx.stat().st_size
    assert shipped.keras is None


def test_its_page_names_the_members(shipped: Shipped) -> None:
    page = model_page(shipped.content)
    assert "| `second` | 50.00 | 40.00 |" in page
    assert "`ferkit train first`" in page
    assert "mean of its members' probabilities" in page


def test_members_of_other_classes_are_refused(
    members: list[Member], tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    turned = KerasPredictor(members[0].predictor.model, EMOTIONS[::-1])
    other = Member("turned", turned, members[0].training, members[0].figures)
    with pytest.raises(ModelError, match="same classes in the same order"):
        ship_ensemble([members[0], other], "both", tiny_dataset, tmp_path)
    assert not list(tmp_path.iterdir())
