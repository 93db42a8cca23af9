"""The sizes at which a picture is searched, with a detector of coloured squares."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ferkit.errors import UsageError
from ferkit.inference.detectors.detail import detect_faces
from ferkit.inference.detectors.protocol import Faces, SearchSizes


class Squares:
    """Finds white squares of `smallest` to `largest` pixels, as it sees them, and splits larger
    ones in two.
    """

    name = "squares"

    def __init__(self, smallest: int = 20, largest: int = 300) -> None:
        self.smallest, self.largest = smallest, largest
        self.seen: list[tuple[int, int]] = []

    def detect(self, image: np.ndarray) -> Faces:
        import cv2

        assert image.flags.c_contiguous
        self.seen.append(image.shape[:2])
        white = (image[..., 0] > 127).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(white)
        boxes = []
        for x, y, w, h, _ in stats[1:]:
            if max(w, h) > self.largest:
                boxes += [(x, y, x + w / 2, y + h / 2), (x + w / 2, y + h / 2, x + w, y + h)]
            elif max(w, h) >= self.smallest:
                boxes.append((x, y, x + w, y + h))
        if not boxes:
            return Faces.none()
        return Faces(np.array(boxes, np.float32), np.full(len(boxes), 0.9, np.float32))


def picture(size: tuple[int, int], *squares: tuple[int, int, int]) -> np.ndarray:
    image = np.zeros((size[1], size[0], 3), np.uint8)
    for x, y, side in squares:
        image[y : y + side, x : x + side] = 255
    return image


def test_a_small_picture_is_searched_unscaled() -> None:
    detector = Squares()
    found = detect_faces(detector, picture((600, 400), (10, 20, 50)))
    assert detector.seen == [(400, 600)]
    assert found.xyxy.tolist() == [[10, 20, 60, 70]]


def test_a_large_picture_is_searched_at_800_pixels() -> None:
    detector = Squares()
    found = detect_faces(detector, picture((2048, 4096), (400, 800, 200), (10, 10, 40)))
    assert detector.seen == [(800, 400)]
    assert found.xyxy == pytest.approx(np.array([[400, 800, 600, 1000]]), abs=2)


def test_high_detail_finds_small_faces_anywhere() -> None:
    places = [(x, y, 24) for x in (0, 700, 1010, 2000, 2976) for y in (0, 760, 1990, 2476)]
    detector = Squares()
    image = picture((3000, 2500), *places)
    assert len(detect_faces(detector, image)) == 0
    found = detect_faces(detector, image, "high")
    wanted = [[x, y, x + 24, y + 24] for x, y, _ in places]
    assert sorted(found.xyxy.tolist()) == sorted(wanted)
    assert max(max(shape) for shape in detector.seen) == 1024


def test_high_detail_counts_a_face_of_two_sizes_once() -> None:
    found = detect_faces(Squares(), picture((3000, 2500), (900, 900, 200)), "high")
    assert found.xyxy == pytest.approx(np.array([[900, 900, 1100, 1100]]), abs=3)


@pytest.mark.parametrize("side", [150, 400, 700, 900])
def test_large_faces_are_not_split_at_high_detail(side: int) -> None:
    """It splits faces above 300 pixels, so these are searched for at a smaller size."""
    detector = Squares()
    detector.search_sizes = SearchSizes(coarse=320)  # type: ignore[attr-defined]
    found = detect_faces(detector, picture((1000, 1000), (30, 40, side)))
    assert found.xyxy == pytest.approx(np.array([[30, 40, 30 + side, 40 + side]]), abs=4)


def test_the_largest_face_comes_first() -> None:
    found = detect_faces(Squares(), picture((600, 600), (0, 0, 30), (100, 100, 200), (400, 0, 80)))
    assert (found.xyxy[:, 2] - found.xyxy[:, 0]).tolist() == [200, 80, 30]


def test_the_whole_picture_as_a_face_is_not_resized() -> None:
    detector = Squares()
    detector.search_sizes = None  # type: ignore[attr-defined]
    detect_faces(detector, picture((3000, 2000)), "high")
    assert detector.seen == [(2000, 3000)]


def test_unknown_details_are_refused() -> None:
    with pytest.raises(UsageError, match="normal, high"):
        detect_faces(Squares(), picture((50, 50)), "extreme")


@pytest.mark.parametrize("answer", [[[1, 2, 3, 4]], np.zeros((1, 4)), None])
def test_a_detector_that_returns_something_else_is_told(answer: Any) -> None:
    class Wrong:
        name = "mine"

        def detect(self, _: np.ndarray) -> Faces:
            return answer  # type: ignore[no-any-return]

    with pytest.raises(UsageError, match=r"detector mine returned .*\.Faces from detect"):
        detect_faces(Wrong(), picture((50, 50)))


class Flags:
    """Finds bright flags of 40x60 pixels, red above green; is less sure where green is above red.

    Its landmarks are always those of an upright face, as those of networks are.
    """

    name = "flags"
    search_sizes = SearchSizes(sure_score=0.9)

    def __init__(self) -> None:
        self.searches = 0

    def detect(self, image: np.ndarray) -> Faces:
        import cv2

        self.searches += 1
        lit = (image.max(axis=2) > 127).astype(np.uint8)
        rows, marks = [], []
        for x, y, w, h, _ in cv2.connectedComponentsWithStats(lit)[2][1:]:
            if h < w:
                continue
            upright = image[y : y + h // 2, x : x + w, 0].mean() > 127
            rows.append((x, y, x + w, y + h, 0.95 if upright else 0.7))
            marks.append([(x, y), (x + w, y), (x + w / 2, y + h / 2), (x, y + h), (x + w, y + h)])
        if not rows:
            return Faces.none()
        table = np.array(rows, np.float32)
        return Faces(table[:, :4], table[:, 4], np.array(marks, np.float32))


def flag(quarters: int) -> np.ndarray:
    """Return a picture of 300x200 with a flag at 100, 50, rotated counterclockwise."""
    image = np.zeros((200, 300, 3), np.uint8)
    image[50:80, 100:140, 0] = 255
    image[80:110, 100:140, 1] = 255
    return np.ascontiguousarray(np.rot90(image, quarters))


def test_an_upright_face_costs_one_search() -> None:
    detector = Flags()
    found = detect_faces(detector, flag(0))
    assert found.xyxy.tolist() == [[100, 50, 140, 110]]
    assert found.roll is not None
    assert found.roll.tolist() == [0]
    assert detector.searches == 1


@pytest.mark.parametrize(
    ("quarters", "box", "roll"),
    [
        (1, [50, 160, 110, 200], -90),
        (2, [160, 90, 200, 150], 180),
        (3, [90, 100, 150, 140], 90),
    ],
)
@pytest.mark.parametrize("detail", ["normal", "high"])
def test_a_turned_face_is_found_with_its_own_landmarks(
    quarters: int, box: list[int], roll: float, detail: str
) -> None:
    """Sideways it is not found at all, upside down less surely and with wrong landmarks."""
    detector = Flags()
    found = detect_faces(detector, flag(quarters), detail)
    assert found.xyxy.tolist() == [box]
    assert found.score == pytest.approx(0.95)
    assert found.roll is not None
    assert abs(found.roll[0]) == abs(roll)
    assert found.roll[0] == roll or roll == 180
    assert detector.searches == 5, "upright, three turned copies, the best of them in full"


def test_high_detail_finds_upright_and_turned_faces_in_one_picture() -> None:
    image = np.concatenate([flag(0), flag(2)])
    normal, high = (detect_faces(Flags(), image, detail) for detail in ("normal", "high"))
    assert normal.score.tolist() == pytest.approx([0.95, 0.7])
    assert high.score.tolist() == pytest.approx([0.95, 0.95])
    assert high.roll is not None
    assert np.abs(high.roll).tolist() == [0, 180]


@pytest.mark.parametrize(("detail", "searches"), [("normal", 1), ("high", 4)])
def test_a_detector_can_spare_the_rotated_copies(detail: str, searches: int) -> None:
    class SureFlags(Flags):
        def detect(self, image: np.ndarray) -> Faces:
            found = super().detect(image)
            return found if len(found) else Faces.none(surely=not image.any())

    for size in ((200, 300), (900, 1200)):
        detector = SureFlags()
        assert len(detect_faces(detector, np.zeros((*size, 3), np.uint8), detail)) == 0
        if size == (200, 300):  # without tiles
            assert detector.searches == searches
    for quarters in (1, 3):  # not found upright, but not surely nothing
        assert len(detect_faces(SureFlags(), flag(quarters), detail)) == 1


def test_a_picture_without_a_face_costs_three_more_small_searches() -> None:
    detector = Flags()
    assert len(detect_faces(detector, np.zeros((900, 1200, 3), np.uint8))) == 0
    assert detector.searches == 4
