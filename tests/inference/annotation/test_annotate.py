"""`annotate`: boxes around faces, tags that avoid each other and faces, emotion colours."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from ferkit.colors import EMOTION_COLORS, INK, PAPER, emotion_colors, ink_on, to_rgb
from ferkit.inference.annotation import annotate as module
from ferkit.inference.annotation.annotate import annotate
from ferkit.inference.annotation.layout import first_free, overlap, panel_corners, tag_corners
from ferkit.inference.annotation.text import text_sprite
from ferkit.inference.results import FaceEmotions
from ferkit.labels import EMOTIONS

HAPPY = (230, 159, 0)


def faces(
    *boxes: tuple[float, ...], size: tuple[int, int] = (640, 480), **more: Any
) -> FaceEmotions:
    rows = np.tile([0.02, 0, 0, 0.9, 0, 0.03, 0.05], (len(boxes), 1))
    return FaceEmotions(np.reshape(boxes, (-1, 4)), np.ones(len(boxes)), rows, size, **more)


def grey(width: int = 640, height: int = 480) -> np.ndarray:
    return np.full((height, width, 3), 128, np.uint8)


def painted(image: np.ndarray, color: tuple[int, ...]) -> np.ndarray:
    return np.argwhere((image == np.array(color)).all(axis=2))


def test_a_box_in_the_colour_of_its_emotion() -> None:
    image = grey()
    drawn = annotate(image, faces((200, 150, 320, 300)), bars=False)
    assert (image == 128).all(), "the caller's picture stays"
    assert drawn.shape == image.shape
    for y, x in ((200, 200), (200, 320), (300, 250)):
        assert drawn[y, x].tolist() == list(HAPPY)
    assert (drawn[160:290, 210:310] == 128).all(), "nothing covers the face"


def test_boxes_follow_the_size_of_the_copy() -> None:
    drawn = annotate(grey(320, 240), faces((200, 150, 320, 300)), bars=False)
    assert drawn[100, 100].tolist() == list(HAPPY)
    assert drawn[100, 160].tolist() == list(HAPPY)


def test_a_small_picture_is_enlarged_on_request() -> None:
    small = faces((10, 10, 40, 40), size=(48, 48))
    assert annotate(grey(48, 48), small).shape == (48, 48, 3)
    drawn = annotate(grey(48, 48), small, enlarge=True)
    assert drawn.shape == (672, 672, 3)
    assert len(painted(drawn, HAPPY)) > 300


def test_without_faces_the_picture_is_unchanged() -> None:
    assert (annotate(grey(), FaceEmotions.empty((640, 480))) == 128).all()


@pytest.mark.parametrize("seed", range(5))
def test_tags_avoid_each_other_and_faces_where_space_allows(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a crowd, tags may cover another face, but never each other."""
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, [560, 400], (25, 2))
    boxes = np.concatenate([corners, corners + rng.integers(20, 80, (25, 1))], axis=1)
    places = []

    def remember(*arguments: Any) -> Any:
        place = first_free(*arguments)
        places.append(place)
        return place

    monkeypatch.setattr(module, "first_free", remember)
    annotate(grey(), faces(*boxes.tolist()))
    set_down = [place for place in places if place is not None]
    assert len(set_down) > 5
    assert not any(overlap(a, b) for a, b in itertools.combinations(set_down, 2))
    for x1, y1, x2, y2 in set_down:
        assert 0 <= x1 < x2 <= 640
        assert 0 <= y1 < y2 <= 480


@pytest.mark.parametrize(
    "box",
    [
        (0, 0, 640, 480),
        (-50, -50, 30, 30),
        (600, 440, 700, 520),
        (5, 5, 5, 5),
        (639, 479, 640, 480),
    ],
)
def test_faces_at_the_edges_can_be_drawn(box: tuple[int, ...]) -> None:
    assert annotate(grey(), faces(box)).shape == (480, 640, 3)


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (400, 3)])
def test_tiny_pictures_can_be_drawn(size: tuple[int, int]) -> None:
    whole = faces((0, 0, *size), size=size)
    assert annotate(grey(*size), whole).shape == (size[1], size[0], 3)


def test_doubts_and_numbers_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    written = []

    def remember(text: str, height: int) -> np.ndarray:
        written.append(text)
        return text_sprite(text, height)

    monkeypatch.setattr(module, "text_sprite", remember)
    annotate(grey(), faces((200, 150, 320, 300), uncertain_below=0.95, track_id=[7]), bars=False)
    annotate(grey(), faces((200, 150, 320, 300), track_id=[-1]), bars=False)
    assert written == ["7  happy? 90 %", "happy 90 %"]


def test_bars_are_as_long_as_the_probabilities() -> None:
    with_bars = annotate(grey(), faces((200, 150, 320, 300)))
    without = annotate(grey(), faces((200, 150, 320, 300)), bars=False)
    ys, xs = np.nonzero((with_bars != without).any(axis=2))
    panel = with_bars[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    happy = np.unique(painted(panel, HAPPY)[:, 1]).size
    track = max(
        np.count_nonzero((row == HAPPY).all(axis=1) | (row == (58, 65, 77)).all(axis=1))
        for row in panel
    )
    assert happy / track == pytest.approx(0.9, abs=0.03)


def test_a_place_within_the_picture() -> None:
    face = (100, 100, 200, 200)
    assert first_free(tag_corners(face, (50, 20)), (50, 20), (640, 480), []) == (100, 80, 150, 100)
    below = first_free(tag_corners((100, 5, 200, 105), (50, 20)), (50, 20), (640, 480), [])
    assert below == (100, 105, 150, 125), "no room above"
    for corner in panel_corners(face, (60, 40), (100, 80, 150, 100)):
        place = (*corner, corner[0] + 60, corner[1] + 40)
        assert not overlap(place, face)
        assert not overlap(place, (100, 80, 150, 100))


def test_every_class_has_a_colour_and_readable_ink() -> None:
    assert to_rgb(emotion_colors(EMOTIONS)["happy"]) == HAPPY
    own = tuple(f"class {i}" for i in range(20))
    assert len(set(emotion_colors(own).values())) == 7
    for color in (tuple(bytes.fromhex(text[1:])) for text in EMOTION_COLORS.values()):
        ink = to_rgb(ink_on(color))
        assert ink in (to_rgb(INK), to_rgb(PAPER))
        levels = sorted(module_luminance(c) + 0.05 for c in (color, ink))
        assert levels[1] / levels[0] > 3, "WCAG's least for large type"


def module_luminance(color: tuple[int, ...]) -> float:
    from ferkit.colors import _luminance

    return _luminance(color)
