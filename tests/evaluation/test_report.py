"""`report.html`: complete, self-contained, escaped, and explicit about unknowns."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from ferkit.data.dataset import FerDataset
from ferkit.displays import TrainingCurvesDisplay
from ferkit.errors import DataError, OutputError
from ferkit.evaluation.evaluate import evaluate
from ferkit.evaluation.report import percent, write_report
from ferkit.files import read_json, write_json
from ferkit.runs.config import TrainConfig


class Guess:
    """A predictor that is right about most images, and sure of it."""

    def __init__(self, emotions: tuple[str, ...]) -> None:
        self.emotions = emotions
        self.name = "guess"

    def predict(self, images: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng(len(images))
        scores = rng.dirichlet(np.ones(len(self.emotions)), len(images))
        return np.asarray(scores, np.float32)


class Page(HTMLParser):
    """Collects headings, text, addresses and image sources of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.addresses: list[str] = []
        self.alts: list[str | None] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self._open.append(tag)
        self.addresses += [named[name] or "" for name in ("src", "href") if name in named]
        if tag == "img":
            self.alts.append(named.get("alt"))

    def handle_endtag(self, tag: str) -> None:
        while self._open.pop() != tag:  # such as <img>, which has no end
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and self._open and self._open[-1] in ("h1", "h2"):
            self.headings.append(data.strip())
        self.words += data


@pytest.fixture(scope="module")
def evaluated(tiny_dataset: FerDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluated")
    splits = ("train", "validation", "test", "validation+test")
    evaluate(Guess(tiny_dataset.emotions), tiny_dataset, splits=splits, out=folder)
    return folder


@pytest.fixture
def run(evaluated: Path, tiny_dataset: FerDataset, tmp_path: Path) -> Path:
    """Return a folder as a training leaves it, without the training."""
    folder = tmp_path / "run"
    shutil.copytree(evaluated, folder)
    config = TrainConfig(model="cnn6", recipe="cnn6", time_decay=1e-6, plateau_factor=0.2, seed=4)
    write_json(folder / "config.json", config.to_dict())
    write_json(
        folder / "environment.json",
        {
            "backend": "tensorflow",
            "device": "cpu",
            "precision": "bfloat16",
            "machine": {"system": "Linux", "processor": "a <fast> one", "cores": 2},
            "python": "3.11.7",
            "versions": {"ferkit": "0.1.0", "keras": "3.15.1"},
            "commit": "0123abc",
            "command": "ferkit train cnn6 --data 'my faces & more'",
            "started": "2026-11-21T10:00:00+00:00",
            "training_seconds": 3725.0,
        },
    )
    names = "epoch,accuracy,learning_rate,loss,plateau_factor,seconds,val_accuracy,val_loss"
    rows = [
        "0,0.3,1e-4,1.9,1,60,0.31,1.8",
        "1,0.5,1e-4,1.5,1,60,0.47,1.4",
        "2,0.6,1e-4,1,1,60,0.45,1.5",
    ]
    (folder / "history.csv").write_text("\n".join([names, *rows]) + "\n")
    curves = TrainingCurvesDisplay.from_csv(folder / "history.csv")
    curves.plot().save(folder / "figures" / "training_curves.png")
    return folder


def test_all_sections_of_a_training(run: Path) -> None:
    page = Page(write_report(run).read_text(encoding="utf-8"))
    assert page.headings == [
        "guess on drawn patterns",
        "How it was measured",
        "What was trained, and how",
        "How it learned",
        "What it confuses",
        "Emotion by emotion",
        "Can its confidence be trusted?",
        "Predictions on the test split",
        "Its most confident mistakes",
        "Repeat it",
        "Limits and responsible use",
    ]


def test_training_facts_are_reported(run: Path) -> None:
    words = Page(write_report(run).read_text(encoding="utf-8")).words
    assert "Trained for 3 epochs in 1:02:05 h; epoch 2, the best on the validation split" in words
    assert "0.001, divided by 1 + 1e-06 × step, times 0.2 after 5 epochs" in words
    assert "ferkit train cnn6 --data 'my faces & more'" in words
    assert "tensorflow on cpu in bfloat16" in words


def test_headline_is_the_test_split(evaluated: Path) -> None:
    words = Page(write_report(evaluated).read_text(encoding="utf-8")).words
    test = read_json(evaluated / "metrics.json")["splits"]["test"]
    assert f"{100 * test['accuracy']:.1f}%" in words
    hits = round(test["accuracy"] * test["n"])
    assert f"Of 14 faces that were not used in training, it gave {hits} their label." in words
    assert percent(test["accuracy_ci95"][0]) in words


def test_without_training_only_the_evaluation_is_reported(evaluated: Path) -> None:
    page = Page(write_report(evaluated).read_text(encoding="utf-8"))
    assert "What was trained, and how" not in page.headings
    assert "Repeat it" not in page.headings
    assert "nothing was fitted or chosen on it here" in page.words
    assert "were not used in training" in page.words


@pytest.mark.parametrize(
    ("tta", "words"),
    [
        ("none", "no test-time augmentation"),
        ("ten", "mean over ten views of each image"),
        (None, "no test-time augmentation"),  # what an earlier version wrote
    ],
)
def test_views_are_reported(evaluated: Path, tmp_path: Path, tta: str | None, words: str) -> None:
    folder = tmp_path / "views"
    shutil.copytree(evaluated, folder)
    metrics = {k: v for k, v in read_json(folder / "metrics.json").items() if k != "tta"}
    write_json(folder / "metrics.json", metrics if tta is None else {**metrics, "tta": tta})
    assert f"Single network, {words}" in Page(write_report(folder).read_text("utf-8")).words


def test_human_accuracy_and_disgust_are_mentioned_for_real_data_only(evaluated: Path) -> None:
    assert "65 ± 5" not in write_report(evaluated).read_text(encoding="utf-8")


def test_the_report_uses_no_external_address(run: Path) -> None:
    text = write_report(run).read_text(encoding="utf-8")
    page = Page(text)
    assert page.addresses
    assert all(address.startswith("data:") for address in page.addresses)
    assert not re.search(r"https?://|@import|url\(", text)


def test_pictures_have_alternative_texts(run: Path) -> None:
    page = Page(write_report(run).read_text(encoding="utf-8"))
    assert len(page.alts) > 10
    assert all(page.alts)


def test_what_comes_from_data_is_escaped(run: Path) -> None:
    metrics = read_json(run / "metrics.json")
    metrics["data"]["notes"] = ["<script>alert('x')</script>"]
    metrics["model"]["name"] = "<b>bold</b>"
    write_json(run / "metrics.json", metrics)
    text = write_report(run).read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "<b>bold</b>" not in text
    assert "a &lt;fast&gt; one" in text


def test_own_class_names(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    names = ("a", "b", "c", "d", "e", "f", "contempt")
    own = FerDataset(
        tiny_dataset.images,
        tiny_dataset.labels,
        tiny_dataset.splits,
        tiny_dataset.sources,
        emotions=names,
    )
    evaluate(Guess(names), own, out=tmp_path)
    words = Page((tmp_path / "report.html").read_text(encoding="utf-8")).words
    assert "contempt" in words
    assert "surprise" not in words


def test_perfect_model_has_no_mistakes(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    test = tiny_dataset.split("test")

    class Perfect(Guess):
        def predict(self, images: np.ndarray) -> np.ndarray:
            return np.eye(7, dtype=np.float32)[test.labels]

    evaluate(Perfect(tiny_dataset.emotions), tiny_dataset, out=tmp_path)
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "Its most confident mistakes" not in page.headings
    assert "Nothing: every image of this split got its label." in page.words


def test_config_of_another_version(run: Path) -> None:
    write_json(run / "config.json", {"model": "cnn6", "seed": 4})
    words = Page(write_report(run).read_text(encoding="utf-8")).words
    assert "cnn6" in words
    assert "Learning rate" not in words


def test_broken_config(run: Path) -> None:
    (run / "config.json").write_text('{"model": ')
    with pytest.raises(DataError, match=r"config\.json cannot be read as JSON"):
        write_report(run)


def test_without_config(run: Path) -> None:
    (run / "config.json").unlink()
    assert "Trained for 3 epochs; epoch 2" in Page(write_report(run).read_text("utf-8")).words


def test_folder_without_metrics(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="There is no run folder"):
        write_report(tmp_path / "nowhere")
    with pytest.raises(OutputError, match=r"holds no metrics\.json; make one with"):
        write_report(tmp_path)


def test_metrics_are_plain_json(evaluated: Path) -> None:
    text = (evaluated / "metrics.json").read_text()
    assert "NaN" not in text
    assert json.loads(text)["splits"]["train"]["clean_accuracy"] is None
