"""Crops: framed as the recorded study says, exact at edges, grey, and repeated beyond the
picture.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ferkit.inference.crops import CROP_RULES, CropRule, crop_faces, crop_squares

STUDY = Path(__file__).resolve().parents[2] / "records" / "crop_study" / "nano.json"


@pytest.mark.parametrize("detector", ["yunet", "mtcnn"])
def test_the_rules_are_those_of_the_recorded_study(detector: str) -> None:
    found = json.loads(STUDY.read_text())[detector]["box"]
    for name, value in found["median_rule"].items():
        assert getattr(CROP_RULES[detector], name) == pytest.approx(value, abs=5e-4)
    # The choice it stands for: no other framing was better on the images that nothing was chosen
    # on.
    odd = {
        name: v["odd_at_median"]
        for name, v in json.loads(STUDY.read_text())[detector].items()
        if isinstance(v, dict)
    }
    assert max(odd.values()) - odd["box"] < 0.005


def test_a_square_by_its_rule() -> None:
    rule = CropRule(scale=1.2, down=0.1, right=-0.05)
    # Longer side 20, centre (15, 20): moved to (14, 22), side 24.
    assert crop_squares([[10, 10, 20, 30]], rule) == pytest.approx(np.array([[2, 10, 26, 34]]))
    assert crop_squares(np.empty((0, 4)), rule).shape == (0, 4)


def test_a_crop_of_48_pixels_is_the_picture_itself() -> None:
    image = np.random.default_rng(0).integers(0, 256, (100, 90)).astype(np.uint8)
    crops = crop_faces(image, [[20, 30, 68, 78], [42, 0, 90, 48]])
    assert crops.dtype == np.uint8
    assert np.array_equal(crops[0, ..., 0], image[30:78, 20:68])
    assert np.array_equal(crops[1, ..., 0], image[:48, 42:])


def test_colour_is_greyed_as_luma() -> None:
    image = np.zeros((50, 50, 3), np.uint8)
    image[...] = (200, 100, 50)
    assert crop_faces(image, [[0, 0, 50, 50]])[0, 5, 5, 0] == round(
        0.299 * 200 + 0.587 * 100 + 0.114 * 50
    )


def test_all_pixels_of_a_large_face_count() -> None:
    """Single lines one pixel wide become an even grey, not a pattern."""
    image = np.zeros((960, 960), np.uint8)
    image[:, ::2] = 255
    crop = crop_faces(image, [[0, 0, 960, 960]])[0].astype(int)
    assert abs(crop - 127).max() <= 4


def test_fractions_of_a_pixel_count() -> None:
    ramp = np.repeat(2 * np.arange(128, dtype=np.uint8)[None], 128, axis=0)
    whole, half = crop_faces(ramp, [[10, 10, 106, 106], [10.5, 10, 106.5, 106]]).astype(float)
    assert float((half - whole).mean()) == pytest.approx(1, abs=0.05)


def test_beyond_the_edges_the_border_is_repeated() -> None:
    image = np.full((48, 48), 60, np.uint8)
    image[0] = 200
    crop = crop_faces(image, [[-24, -24, 24, 24]])[0, ..., 0]
    assert (crop[:24] == 200).all()
    assert (crop[26:] == 60).all()


@pytest.mark.parametrize(
    "box",
    [(5, 5, 5, 5), (5, 5, 5.2, 5.1), (-90, -90, -50, -50), (500, 500, 600, 600), (0, 0, 1, 4000)],
)
def test_odd_boxes_give_a_crop_too(box: tuple[float, ...]) -> None:
    image = np.full((40, 50, 3), 77, np.uint8)
    for rule in (None, *CROP_RULES.values()):
        crop = crop_faces(image, [box], rule)
        assert crop.shape == (1, 48, 48, 1)
        assert (crop == 77).all()


def test_no_face_gives_no_crop() -> None:
    assert crop_faces(np.zeros((9, 9, 3), np.uint8), np.empty((0, 4))).shape == (0, 48, 48, 1)
