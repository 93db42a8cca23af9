"""The ensemble predicts the mean of its members, and its record has no local path."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import ensemble
from ferkit.files import read_json, write_json
from ferkit.labels import EMOTIONS
from targets import of_ensemble


class Constant:
    def __init__(self, emotions: tuple[str, ...], *shares: float) -> None:
        self.emotions, self._shares = emotions, shares

    def predict(self, images: np.ndarray) -> np.ndarray:
        return np.tile(np.array(self._shares, np.float32), (len(images), 1))


def test_it_answers_the_mean() -> None:
    two = ensemble.Ensemble([Constant(("a", "b"), 0.2, 0.8), Constant(("a", "b"), 0.6, 0.4)])
    answer = two.predict(np.zeros((3, 48, 48, 1), np.uint8))
    assert answer == pytest.approx(np.array([[0.4, 0.6]] * 3))


def test_members_share_their_classes() -> None:
    with pytest.raises(ValueError, match="the same classes"):
        ensemble.Ensemble([Constant(("a", "b"), 0.2, 0.8), Constant(("b", "a"), 0.2, 0.8)])
    with pytest.raises(ValueError, match="one or more"):
        ensemble.Ensemble([])


def test_the_record(
    make_onnx: Callable[..., Path],
    faces_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    says = {"emotions": list(EMOTIONS), "extra_labels": True}
    files = [make_onnx(tmp_path / "a.onnx", metadata=says), make_onnx(tmp_path / "b.onnx")]
    record = tmp_path / "record"
    ensemble.main([*map(str, files), "--data", str(faces_folder), "--record", str(record)])
    written = read_json(record / "metrics.json")
    assert (written["members"], written["tta"], written["extra_labels"]) == (2, "ten", True)
    assert written["splits"]["test"]["n"] == 14
    assert str(tmp_path) not in written["command"]
    assert "test: " in capsys.readouterr().out
    ensemble.main([str(files[1]), "--data", str(faces_folder), "--record", str(record)])
    assert read_json(record / "metrics.json")["extra_labels"] is None, "it does not say"


def test_its_target(tmp_path: Path) -> None:
    assert of_ensemble(tmp_path / "metrics.json").value is None
    record = {
        "members": 4,
        "tta": "ten",
        "extra_labels": True,
        "splits": {"validation": {"accuracy": 0.71}, "test": {"accuracy": 0.7425}},
    }
    write_json(tmp_path / "metrics.json", record)
    reached = of_ensemble(tmp_path / "metrics.json")
    assert reached.value == pytest.approx(74.25)
    assert reached.text == "74.25 %, 4 models, views: ten, extra labels"
    shipped = {
        "members": [{}] * 5,
        "training": {"extra_labels": False},
        "evaluation": {
            "tta": {"flip": {"validation": {"accuracy": 0.72}, "test": {"accuracy": 0.738}}}
        },
    }
    reached = of_ensemble(tmp_path / "metrics.json", [shipped])
    assert reached.text == "73.80 %, 5 models, views: flip", "validation chooses, not test"
