"""From a run with two heads to a shipped model for photographs, and its card."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from ferkit.data.dataset import FerDataset
from ferkit.data.ferplus import FERPLUS_EMOTIONS
from ferkit.errors import ModelError
from ferkit.evaluation.evaluate import evaluate
from ferkit.export.shipping import wild
from ferkit.export.shipping.ship import Shipped
from ferkit.files import read_json, write_json
from ferkit.inference.classifier import EmotionClassifier
from ferkit.inference.detectors import create_detector
from ferkit.labels import EMOTIONS
from ferkit.models import save_model
from ferkit.models.combine import combine_heads


@pytest.fixture(scope="module")
def heads(build: Callable[[str], keras.Model]) -> tuple[keras.Model, keras.Model]:
    own = build("demo")
    votes = keras.layers.Dense(8, activation="softmax", dtype="float32")
    return own, keras.Model(own.inputs[0], votes(own.layers[-1].input))


@pytest.fixture(scope="module")
def run(
    heads: tuple[keras.Model, keras.Model],
    tiny_dataset: FerDataset,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    folder = tmp_path_factory.mktemp("run")
    save_model(heads[0], folder / "model.keras", card={"epoch": 1, "extra_labels": True})
    save_model(heads[1], folder / "votes.keras", FERPLUS_EMOTIONS, {"extra_labels": True})
    splits = ("validation", "test")
    write_json(
        folder / "metrics.json", evaluate(folder / "model.keras", tiny_dataset, splits=splits)
    )
    summary = {"origin": "fer2013.csv", "counts": tiny_dataset.counts(), "notes": []}
    config = {"recipe": "tiny", "model": "demo", "seed": 0, "epochs": 1, "extra_labels": True}
    write_json(folder / "config.json", {**config, "data_summary": summary, "excluded": None})
    write_json(folder / "environment.json", {"command": "ferkit train", "training_seconds": 1.0})
    (folder / "history.csv").write_text("epoch,val_accuracy\n0,0.2\n")
    return folder


@pytest.fixture(scope="module")
def photographs(tiny_dataset: FerDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photographs")
    for number, (image, label) in enumerate(
        zip(tiny_dataset.images[:28], tiny_dataset.labels[:28], strict=True)
    ):
        file = io.BytesIO()
        Image.fromarray(image[..., 0]).save(file, "PNG")
        path = folder / EMOTIONS[label] / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(file.getvalue())
    return folder


@pytest.fixture(scope="module")
def shipped(
    run: Path,
    photographs: Path,
    tiny_dataset: FerDataset,
    tmp_path_factory: pytest.TempPathFactory,
) -> Shipped:
    votes = replace(tiny_dataset, emotions=FERPLUS_EMOTIONS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wild, "create_detector", lambda _: create_detector("none"))
        folder = tmp_path_factory.mktemp("weights")
        return wild.ship_wild([run], "tiny-wild", tiny_dataset, votes, photographs, folder)


def test_the_file_combines_both_heads(
    shipped: Shipped, heads: tuple[keras.Model, keras.Model], tiny_dataset: FerDataset
) -> None:
    names = (EMOTIONS, FERPLUS_EMOTIONS)
    model = combine_heads(*heads, names, share=wild.SHARE)
    rows = model(tiny_dataset.images.astype(np.float32)).numpy().astype(np.float64)
    rows **= 1 / shipped.content["temperature"]
    rows /= rows.sum(axis=1, keepdims=True)
    found = EmotionClassifier(shipped.onnx, classes=8)
    assert found.emotions == FERPLUS_EMOTIONS
    assert found.predict(tiny_dataset.images) == pytest.approx(rows, abs=1e-4)
    assert EmotionClassifier(shipped.onnx).emotions == EMOTIONS


def test_the_card_describes_labels_votes_and_photographs(
    shipped: Shipped, photographs: Path, tiny_dataset: FerDataset
) -> None:
    card = read_json(shipped.card)
    assert card["extra_classes"] == ["contempt"]
    assert card["files"]["onnx"]["bytes"] == shipped.onnx.stat().st_size
    found = card["wild"]
    assert (found["photographs"], found["n"]) == (photographs.name, 28)
    assert set(found["views"]) == {"one", "flip"}
    assert set(found["degraded"]) == set(wild.WORSE)
    measured = evaluate(EmotionClassifier(shipped.onnx), tiny_dataset, splits=("test",))
    stated = card["evaluation"]["tta"]["none"]["test"]
    assert measured["splits"]["test"]["accuracy"] == stated["accuracy"]
    assert card["ferplus"]["tta"]["flip"]["test"]["emotions"] == list(FERPLUS_EMOTIONS)


def test_a_run_without_votes_is_refused(run: Path, photographs: Path, tmp_path: Path) -> None:
    for file in run.iterdir():
        if file.name != "votes.keras":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    with pytest.raises(ModelError, match=r"has no votes\.keras; train it with ferplus="):
        wild.combined(tmp_path)
