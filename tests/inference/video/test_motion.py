"""Boxes follow motion in the picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ferkit.inference.video.motion import MedianFlow


def scene(x: float, y: float, zoom: float = 1.0, size: tuple[int, int] = (320, 240)) -> np.ndarray:
    """Return a frame with a face-like texture whose upper left corner is at `(x, y)`, 80 pixels
    wide.
    """
    rng = np.random.default_rng(3)
    face = cv2.GaussianBlur(rng.integers(0, 255, (80, 80, 3), dtype=np.uint8), (0, 0), 3)
    ground = cv2.GaussianBlur(rng.integers(0, 90, (*size[::-1], 3), dtype=np.uint8), (0, 0), 3)
    matrix = np.array([[zoom, 0, x], [0, zoom, y]], np.float32)
    moved = cv2.warpAffine(face, matrix, size)
    mask = cv2.warpAffine(np.full((80, 80), 255, np.uint8), matrix, size)[..., None] > 0
    return np.where(mask, moved, ground).astype(np.uint8)


def test_a_box_follows_shift_and_growth() -> None:
    tracker = MedianFlow()
    box = np.array([[50, 60, 130, 140]], np.float32)
    tracker.see(scene(50, 60))
    for i in range(1, 9):
        zoom = 1 + 0.02 * i
        box, found = tracker.follow(scene(50 + 4 * i, 60 - 2 * i, zoom), box)
        assert found.tolist() == [True]
    side = 80 * zoom
    assert box[0] == pytest.approx([82, 44, 82 + side, 44 + side], abs=2)


def test_large_frames_are_followed_at_a_smaller_size() -> None:
    tracker = MedianFlow()
    small = [scene(50, 60), scene(56, 63)]
    first, second = (cv2.resize(image, (1280, 960)) for image in small)
    tracker.see(first)
    box, found = tracker.follow(second, np.array([[200, 240, 520, 560]]))
    assert found.all()
    assert box[0] == pytest.approx([224, 252, 544, 572], abs=4)


def test_a_frame_of_another_size_loses_the_box() -> None:
    # At the size at which boxes are followed, both are the same picture.
    small = scene(50, 60, size=(640, 360))
    large = cv2.resize(small, (1280, 720))
    tracker = MedianFlow()
    for first, second, box in (
        (large, small, [100, 120, 260, 280]),
        (small, large, [50, 60, 130, 140]),
    ):
        tracker.see(first)
        _, found = tracker.follow(second, np.array([box]))
        assert found.tolist() == [False]


@pytest.mark.parametrize("size", [(1, 1), (4000, 2), (2, 4000)])
def test_a_frame_of_any_shape_is_taken(size: tuple[int, int]) -> None:
    tracker, frame = MedianFlow(), np.zeros((*size, 3), np.uint8)
    tracker.see(frame)
    boxes, found = tracker.follow(frame, np.array([[0, 0, 1, 1]]))
    assert boxes.tolist() == [[0, 0, 1, 1]]
    assert found.tolist() == [False]


def test_a_cut_loses_the_box() -> None:
    tracker = MedianFlow()
    tracker.see(scene(50, 60))
    other = np.random.default_rng(9).integers(0, 255, (240, 320, 3), dtype=np.uint8)
    _, found = tracker.follow(other, np.array([[50, 60, 130, 140]]))
    assert found.tolist() == [False]


def test_a_face_without_texture_is_lost_rather_than_guessed() -> None:
    tracker = MedianFlow()
    blank = np.full((240, 320, 3), 128, np.uint8)
    tracker.see(blank)
    _, found = tracker.follow(blank, np.array([[50, 60, 130, 140]]))
    assert found.tolist() == [False]


def test_no_boxes_and_another_frame_size_are_fine() -> None:
    tracker = MedianFlow()
    tracker.see(scene(50, 60))
    boxes, found = tracker.follow(scene(50, 60), np.empty((0, 4)))
    assert (boxes.shape, found.shape) == ((0, 4), (0,))
    _, found = tracker.follow(scene(50, 60, size=(400, 240)), np.array([[50, 60, 130, 140]]))
    assert found.tolist() == [False]
