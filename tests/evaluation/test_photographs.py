"""Labelled photographs: reading, face detection, degradation and metrics."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ferkit.errors import DataError, UsageError
from ferkit.evaluation.degrading import DEGRADATIONS, degrade, parse_degradation
from ferkit.evaluation.photographs import (
    Photograph,
    face_crops,
    find_face,
    measure_crops,
    photograph_metrics,
    read_photographs,
)
from ferkit.inference.classifier import EmotionClassifier
from ferkit.inference.crops import CropRule
from ferkit.inference.detectors.protocol import Faces


def png(level: int) -> bytes:
    file = io.BytesIO()
    Image.new("L", (80, 60), level).save(file, "PNG")
    return file.getvalue()


class TwoFaces:
    """Finds a small and a large face in bright pictures, none in dark ones."""

    name = "two"
    crop_rule = CropRule()

    def detect(self, image: np.ndarray) -> Faces:
        if image.mean() < 20:
            return Faces.none()
        boxes = np.array([[0, 0, 10, 10], [20, 10, 60, 50]], np.float32)
        return Faces(boxes, np.ones(2, np.float32))


def test_a_table_in_a_zip_and_class_folders_agree(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.writestr("p/a.png", png(9))
        archive.writestr("p/b.png", png(99))
        archive.writestr("p/labels.csv", "image,emotion\na.png,happiness\nb.png,sad\n")
    for emotion, level in (("happy", 9), ("sad", 99)):
        (tmp_path / "photos" / emotion).mkdir(parents=True)
        (tmp_path / "photos" / emotion / "x.png").write_bytes(png(level))
    for path in (tmp_path / "photos.zip", tmp_path / "photos"):
        found = [(photo.emotion, photo.content) for photo in read_photographs(path)]
        assert found == [("happy", png(9)), ("sad", png(99))]


def test_what_other_programs_leave_in_class_folders_is_no_photograph(tmp_path: Path) -> None:
    for name in ("sad/x.png", "sad/.DS_Store", "sad/notes.txt", "__MACOSX/sad/._x.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(png(9))
    assert [photo.name for photo in read_photographs(tmp_path)] == ["sad/x.png"]


def test_a_photograph_that_cannot_be_read_is_named() -> None:
    with pytest.raises(DataError, match=r"sad/x\.png cannot be read: .*"):
        find_face(Photograph("sad/x.png", b"no picture", "sad"), TwoFaces())


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("image,emotion\na.png\n", "labelled ''; expected one of angry"),
        ("name,label\n", "needs the columns image and emotion"),
        ("image,emotion\na.png,bored\n", "labelled 'bored'; expected one of angry"),
        ("image,emotion\nb.png,sad\n", "has no picture b.png"),
    ],
)
def test_wrong_labels(tmp_path: Path, table: str, words: str) -> None:
    (tmp_path / "a.png").write_bytes(png(9))
    (tmp_path / "labels.csv").write_text(table)
    with pytest.raises(DataError, match=words):
        list(read_photographs(tmp_path))
    with pytest.raises(DataError, match="no folder or zip"):
        list(read_photographs(tmp_path / "nowhere"))


def test_the_largest_face_or_the_whole_picture() -> None:
    bright = find_face(Photograph("a", png(200), "sad"), TwoFaces())
    assert bright.found
    assert bright.box.tolist() == [20, 10, 60, 50]
    dark = find_face(Photograph("b", png(5), "sad"), TwoFaces())
    assert not dark.found
    assert dark.box.tolist() == [0, 0, 80, 60]
    assert face_crops([bright, dark], TwoFaces()).mean(axis=(1, 2, 3)).tolist() == [200, 5]


def test_metrics_of_a_brightness_classifier(tiny_onnx: Path) -> None:
    crops = np.stack([np.full((48, 48, 1), level, np.uint8) for level in (18, 54, 237, 237)])
    found = measure_crops(
        EmotionClassifier(tiny_onnx), crops, ["angry", "disgust", "neutral", "sad"]
    )
    assert (found["n"], found["accuracy"], found["neutral_recall"]) == (4, 0.75, 1.0)
    assert found["balanced_accuracy"] == 0.75


def test_uncertain_faces_are_counted_separately() -> None:
    rows = np.full((4, 7), 0.4 / 6)
    rows[:, 0] = 0.6
    rows[2:] = np.eye(7)[0]
    found = photograph_metrics(["happy", "angry", "angry", "angry"], rows, 0.7)["uncertain"]
    assert found == {"below": 0.7, "share": 0.5, "wrong": 0.5, "wrong_of_rest": 0.0}


def test_degradations_remove_what_they_name() -> None:
    lines = np.zeros((96, 96, 3), np.uint8)
    lines[:, ::4] = 255
    assert degrade(lines, 96, "detail", 24).std() < 3
    assert degrade(lines, 96, "blur", 2).std() < 5
    assert degrade(lines, 96, "light", 0.5).max() == 128
    grey = np.full((96, 96, 3), 128, np.uint8)
    assert degrade(grey, 48, "noise", 10).std() == pytest.approx(10, abs=0.5)
    assert abs(degrade(grey, 48, "jpeg", 30).astype(int) - 128).max() <= 1
    for name in DEGRADATIONS:
        assert degrade(lines, 96, name, 1).shape == lines.shape


@pytest.mark.parametrize("text", ["detail", "detail=2", "fog=1", "blur=x", "light=nan"])
def test_an_unknown_degradation_lists_the_known(text: str) -> None:
    with pytest.raises(UsageError, match=r"detail=4\.\.48: pixels that"):
        parse_degradation(text)
