"""The catalog of shipped models: names, cards and verified files."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from ferkit import weights
from ferkit.errors import ModelError, UsageError
from ferkit.inference.classifier import EmotionClassifier
from ferkit.labels import EMOTIONS

SHIPPED = weights.shipped_models()


@pytest.fixture
def catalog(tiny_onnx: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a catalog of two models, `tiny` and `vast`, in the place of the shipped one."""
    folder = tmp_path / "weights"
    folder.mkdir()
    for name, parameters in (("vast", 900), ("tiny", 10)):
        shutil.copy(tiny_onnx, folder / f"{name}.onnx")
        files = {"onnx": {"name": f"{name}.onnx", "sha256": weights.sha256_of(tiny_onnx)}}
        if name == "tiny":
            (folder / "tiny.keras").write_bytes(b"keras")
            digest = weights.sha256_of(folder / "tiny.keras")
            files["keras"] = {"name": "tiny.keras", "sha256": digest}
        card = {
            "name": name,
            "parameters": parameters,
            "files": files,
            "uncertain_below": 0.4,
        }
        (folder / f"{name}.json").write_text(json.dumps(card))
    monkeypatch.setattr(weights, "_folder", lambda: folder)
    return folder


def test_names_are_sorted_by_size(catalog: Path) -> None:
    assert weights.shipped_models() == ("tiny", "vast")
    assert weights.is_shipped("vast")
    assert not weights.is_shipped("huge")
    assert not weights.is_shipped(catalog / "tiny")


def test_a_name_never_leaves_the_folder(catalog: Path) -> None:
    (catalog.parent / "secret.json").write_text("{}")
    for name in ("../secret", "tiny.json", "", "Tiny", "tiny/"):
        assert not weights.is_shipped(name)
        with pytest.raises(UsageError, match="ferkit ships: tiny, vast"):
            weights.model_card(name)


def test_a_shipped_model_classifies_with_its_card(catalog: Path) -> None:
    classifier = EmotionClassifier("tiny")
    assert classifier.name == "tiny"
    assert classifier.emotions == EMOTIONS
    assert classifier.card == weights.model_card("tiny")
    assert classifier.uncertain_below == 0.4
    assert classifier.path == catalog / "tiny.onnx"


def test_an_unknown_name_lists_the_known(catalog: Path) -> None:
    with pytest.raises(UsageError, match=re.escape("(tiny, vast)")):
        EmotionClassifier("tny")


def test_a_changed_or_missing_file_is_refused(catalog: Path) -> None:
    file = catalog / "tiny.onnx"
    file.write_bytes(file.read_bytes() + b"\0")
    with pytest.raises(ModelError, match=r"not the file of the model.s card"):
        EmotionClassifier("tiny")
    (catalog / "tiny.json").write_text("{")
    with pytest.raises(ModelError, match="card of 'tiny' cannot be read"):
        weights.model_card("tiny")


def test_keras_files_are_found(catalog: Path) -> None:
    assert weights.keras_file("tiny").read_bytes() == b"keras"
    with pytest.raises(ModelError, match="shipped only as ONNX"):
        weights.keras_file("vast")


def test_an_ensemble_names_one_network(catalog: Path) -> None:
    card = json.loads((catalog / "vast.json").read_text())
    card["members"] = [{"name": "tiny"}, {"name": "elsewhere"}]
    (catalog / "vast.json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match=r"use a single network instead: tiny\."):
        weights.keras_file("vast")


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_models_are_complete(name: str) -> None:
    card = weights.model_card(name)
    assert card["name"] == name
    classifier = EmotionClassifier(name)
    assert list(classifier.known) == card["emotions"]
    assert classifier.emotions == EMOTIONS
    assert classifier.uncertain_below == card["uncertain_below"]
    if "keras" in card["files"]:
        assert weights.keras_file(name).stat().st_size < 8e6


@pytest.mark.parametrize("old", sorted(weights.OLD_NAMES))
def test_an_old_name_means_the_same_labels(
    old: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(weights, "_advised", set())
    today = weights.OLD_NAMES[old]
    assert weights.is_shipped(old)
    assert old not in SHIPPED
    assert weights.model_card(old) == weights.model_card(today)
    assert weights.onnx_file(old) == weights.onnx_file(today)
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1, "said once"
    assert f"'{old}' is now called {today}" in told[0]
    assert weights.model_card(today)["emotions"] == list(EMOTIONS)


def test_the_default_is_shipped_and_has_seven_classes() -> None:
    assert weights.DEFAULT_MODEL in SHIPPED
    assert EmotionClassifier().emotions == EMOTIONS
