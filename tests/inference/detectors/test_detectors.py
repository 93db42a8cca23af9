"""The detectors without photographs, and choosing one by name."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import numpy as np
import pytest

from ferkit.errors import MissingDependencyError, ModelError, UsageError
from ferkit.inference.detectors import Faces, create_detector, list_detectors
from ferkit.inference.detectors.builtin.yunet import YuNetDetector
from ferkit.inference.detectors.overlap import suppress_overlaps


def faces(*boxes: tuple[float, ...]) -> Faces:
    landmarks = np.arange(10 * len(boxes), dtype=np.float32).reshape(-1, 5, 2)
    return Faces(np.array(boxes, np.float32), np.ones(len(boxes), np.float32), landmarks)


def test_moving_and_scaling_takes_landmarks_along() -> None:
    moved = faces((1, 2, 3, 4)).scaled(2, 10).shifted(1, -1)
    assert moved.xyxy.tolist() == [[3, 19, 7, 39]]
    assert moved.landmarks is not None
    assert moved.landmarks[0, 1].tolist() == [2 * 2 + 1, 3 * 10 - 1]


def test_boxes_are_cut_off_at_the_edges() -> None:
    cut = faces((-5, -5, 5, 5), (90, 40, 120, 70), (200, 200, 210, 210)).clipped((100, 50))
    assert cut.xyxy.tolist() == [[0, 0, 5, 5], [90, 40, 100, 50], [100, 50, 100, 50]]


def test_joining_keeps_what_both_have() -> None:
    one, two = faces((0, 0, 1, 1)), faces((2, 2, 3, 3))
    both = one.joined(two)
    assert both.xyxy.tolist() == [[0, 0, 1, 1], [2, 2, 3, 3]]
    assert both.landmarks is not None
    assert len(both.landmarks) == 2
    assert one.joined(Faces(two.xyxy, two.score)).landmarks is None
    for pair in ((Faces.none(), one), (one, Faces.none())):
        assert pair[0].joined(pair[1]).landmarks is not None


def test_the_best_of_overlapping_boxes_stays() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 9], [4, 4, 6, 6], [50, 50, 60, 60]], float)
    scores = np.array([0.5, 0.9, 0.7, 0.1])
    assert suppress_overlaps(boxes, scores, 0.5).tolist() == [1, 2, 3]
    assert suppress_overlaps(boxes, scores, 0.5, of_smaller=True).tolist() == [1, 3]
    assert suppress_overlaps(boxes[:0], scores[:0], 0.5).tolist() == []
    flat = np.zeros((2, 4))
    assert suppress_overlaps(flat, scores[:2], 0.5).tolist() == [1, 0], "no area, no overlap"


def test_none_takes_the_whole_picture() -> None:
    found = create_detector("none").detect(np.zeros((20, 30, 3), np.uint8))
    assert found.xyxy.tolist() == [[0, 0, 30, 20]]
    assert found.score.tolist() == [1]


@pytest.mark.parametrize("shape", [(1, 1), (5, 400), (400, 5), (11, 11), (20, 20), (150, 201)])
@pytest.mark.parametrize("grey", [0, 128, 255])
def test_mtcnn_finds_no_face_in_empty_pictures(shape: tuple[int, int], grey: int) -> None:
    found = create_detector("mtcnn", threads=1).detect(np.full((*shape, 3), grey, np.uint8))
    assert len(found) == 0
    assert found.xyxy.shape == (0, 4)
    assert found.surely_none


def test_mtcnn_survives_noise() -> None:
    detector = create_detector("mtcnn", threads=1)
    for seed in range(3):
        noise = np.random.default_rng(seed).integers(0, 256, (90, 120, 3)).astype(np.uint8)
        found = detector.detect(noise)
        assert found.landmarks is None or found.landmarks.shape == (len(found), 5, 2)
        assert np.isfinite(found.xyxy).all()


def test_mtcnn_without_its_package_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match="pip install mtcnn-runtime"):
        create_detector("mtcnn")


@pytest.mark.parametrize("content", [b"", b"no model", b"\x08\x07\x12\x07rubbish"])
def test_yunet_refuses_a_file_that_is_no_detector(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "wrong.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"wrong\.onnx cannot be loaded \(not a YuNet model\)"):
        YuNetDetector(path)


def test_yunet_reports_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="No such file"):
        YuNetDetector(tmp_path / "nowhere.onnx")


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="'haar'; choose from auto, yunet, mtcnn, "):
        create_detector("haar")
    assert list_detectors()[:3] == ["auto", "yunet", "mtcnn"]


def test_loading_detectors_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    create_detector("mtcnn")
    assert capfd.readouterr() == ("", "")
    assert "mtcnnruntime" not in sys.modules, "only its weights are taken"


@pytest.mark.parametrize("name", ["mtcnn", "none"])
def test_detectors_can_be_pickled(name: str) -> None:
    detector = create_detector(name, threads=1)
    image = np.random.default_rng(0).integers(0, 256, (90, 120, 3)).astype(np.uint8)
    other = pickle.loads(pickle.dumps(detector))
    assert other.detect(image).xyxy.tolist() == detector.detect(image).xyxy.tolist()
