"""YuNet: decoding of the network's outputs, and agreement with OpenCV."""

from __future__ import annotations

import os
import pickle
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ferkit.inference.detectors import Faces
from ferkit.inference.detectors.builtin.yunet import YuNetDetector, _decoded, _prepared
from ferkit.inference.pictures.images import read_image

SHARED = Path(__file__).resolve().parents[5] / "shared"
FILE = SHARED / "models" / YuNetDetector.file.name
needs_file = pytest.mark.skipif(not FILE.is_file(), reason=f"YuNet is not at {FILE}")


def test_a_grid_point_becomes_a_box() -> None:
    """Point 5 of a grid of 4 columns is (1, 1); its box is seen from there, in steps of 16."""
    answer = np.full((16, 2, 4), -20, np.float32)
    answer[:2, 1, 1] = np.log([0.9 / 0.1, 0.4 / 0.6])
    answer[2:6, 1, 1] = [0.5, 0.25, np.log(2), np.log(4)]
    answer[6:, 1, 1] = [0, 0, 1, 0, 0.5, 0.5, 0, 1, 1, 1]
    (row,) = _decoded(answer, 16, 0.59)
    assert row[:4] == pytest.approx([24 - 16, 20 - 32, 32, 64])
    assert row[4:14] == pytest.approx([16, 16, 32, 16, 24, 24, 16, 32, 32, 32])
    assert row[14] == pytest.approx(0.6)
    assert len(_decoded(answer, 16, 0.61)) == 0


def test_overflowing_logits_give_no_faces_and_no_warnings() -> None:
    answer = np.full((16, 3, 3), -200, np.float32)
    assert len(_decoded(answer, 8, 0.6)) == 0
    assert len(_decoded(answer, 8, 0.0)) == 0


def test_pixels_are_padded_and_in_network_order() -> None:
    image = np.arange(33 * 64 * 3).reshape(33, 64, 3).astype(np.uint8)
    pixels = _prepared(image)
    assert pixels.shape == (1, 3, 64, 64)
    assert np.array_equal(pixels[0, :, :33], image[..., ::-1].transpose(2, 0, 1))
    assert not pixels[0, :, 33:].any()


def by_opencv(image: np.ndarray) -> np.ndarray:
    """Return the rows of `cv2.FaceDetectorYN`, by their place."""
    import cv2

    height, width = image.shape[:2]
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        net = cv2.FaceDetectorYN.create(str(FILE), "", (width, height), 0.6, 0.3, 5000)
    finally:
        cv2.utils.logging.setLogLevel(level)
    rows = net.detect(np.ascontiguousarray(image[..., ::-1]))[1]
    return np.empty((0, 15)) if rows is None else rows[np.lexsort(rows[:, :2].T)]


def rows_of(faces: Faces) -> np.ndarray:
    if not len(faces):
        return np.empty((0, 15))
    sides = faces.xyxy[:, 2:] - faces.xyxy[:, :2]
    assert faces.landmarks is not None
    marks, score = faces.landmarks.reshape(-1, 10), faces.score[:, np.newaxis]
    rows = np.concatenate([faces.xyxy[:, :2], sides, marks, score], axis=1)
    return rows[np.lexsort(rows[:, :2].T)]


@pytest.mark.shared
@needs_file
def test_boxes_agree_with_opencv() -> None:
    """The requirement is half a pixel; they agree to a hundredth."""
    detector = YuNetDetector(FILE, threads=1)
    photos: list[Any] = sorted((SHARED / "media").glob("*.jpg"))
    step = int(os.environ.get("FERKIT_EVERY_PHOTO", "60"))
    with zipfile.ZipFile(SHARED / "data" / "wild-dev.zip") as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
        photos += [archive.read(name) for name in names[::step]]
    faces = 0
    for number, photo in enumerate(photos):
        pixels = read_image(photo).pixels
        if number % 3 == 0:  # odd sizes as well
            size = (pixels.shape[1] * 5 // 7, pixels.shape[0] * 3 // 4)
            pixels = np.asarray(Image.fromarray(pixels).resize(size))
        found, wanted = rows_of(detector.detect(pixels)), by_opencv(pixels)
        assert found.shape == wanted.shape
        assert np.abs(found - wanted).max(initial=0) < 0.01
        faces += len(found)
    assert faces > len(photos)


@pytest.mark.shared
@needs_file
def test_threads_share_one_detector_also_an_unpickled_one() -> None:
    detector = YuNetDetector(FILE, threads=1)
    photo = Image.open(SHARED / "media" / "multi_face.jpg")
    pictures = [np.asarray(photo.resize((320 - i, 213 + i))) for i in range(20)]
    detector = pickle.loads(pickle.dumps(detector))
    alone = [detector.detect(picture).xyxy for picture in pictures]
    assert sum(map(len, alone)) >= 100
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(detector.detect, pictures * 10))
    same = sum(np.array_equal(faces.xyxy, alone[i % 20]) for i, faces in enumerate(together))
    assert same == 200
