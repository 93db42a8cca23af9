"""At which size a picture is searched for faces: bounded, or in full by tiles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from ferkit.errors import UsageError
from ferkit.inference.detectors.overlap import suppress_overlaps
from ferkit.inference.detectors.protocol import FaceDetector, Faces

DETAILS: Final = ("normal", "high")

# Long side of what a detector gets to see, in pixels. At 800 YuNet finds nearly all faces of 1.75 %
# of it and all of 2 %, at 1024 those of 1.5 and 1.75 %, in 1.4 times the time
# (records/detection_size.csv).
_SIDES = {"normal": 800, "high": 1024}
_TILE = _SIDES["high"]
# Neighbouring tiles share this much, so that a smaller face is whole in one of them.
_SHARED = 256
# A face this close to the edge of a tile, in sides of its box, may be cut off.
_NEAR = 0.15
# A larger face may be whole in no tile, but is large enough in the whole picture.
_TILE_FACE = 190
# YuNet was trained on faces of 10 to 300 pixels and splits those above 500: search them at a
# smaller size.
_COARSE_SIDE = 320
_LARGE_FACE = 300
# At that size only faces of this many pixels count: smaller ones are found better, and more of them
# are real, at `_SIDES`.
_COARSE_FACE = 64
_OVERLAP = 0.4


def detect_faces(detector: FaceDetector, image: np.ndarray, detail: str = "normal") -> Faces:
    """Find the faces of a picture of any size, the largest first.

    Args:
        detector: Finds faces at the size it is given.
        image: Upright `uint8` `(h, w, 3)` RGB.
        detail: `normal` searches a copy of at most 800 pixels, `high` one of 1024 and the full
            picture in tiles, which finds faces down to 20 pixels. Defaults to "normal".

    Returns:
        Boxes in pixels of `image`.

    Raises:
        UsageError: There is no such `detail`.
    """
    if detail not in DETAILS:
        raise UsageError(f"detail expects one of {', '.join(DETAILS)}, not {detail!r}.")
    if detector.name == "none":
        return detector.detect(image)
    side, long_side = _SIDES[detail], max(image.shape[:2])
    faces = _at_side(detector, image, side)
    if detector.name == "yunet" and long_side > 2 * _COARSE_SIDE:
        small = _sides(faces) * min(1, side / long_side) <= _LARGE_FACE
        coarse = _at_side(detector, image, _COARSE_SIDE)
        large = _sides(coarse) * _COARSE_SIDE / long_side >= _COARSE_FACE
        faces = faces[small].joined(coarse[large])
    if detail == "high" and long_side > _TILE:
        for tile in _tiles(detector, image):
            faces = faces.joined(tile)
    faces = faces[suppress_overlaps(faces.xyxy, faces.score, _OVERLAP)]
    # A piece of a face inside the face itself.
    return faces[suppress_overlaps(faces.xyxy, _sides(faces), 0.8, of_smaller=True)]


def _at_side(detector: FaceDetector, image: np.ndarray, side: int) -> Faces:
    """Search a copy whose long side is at most `side`."""
    height, width = image.shape[:2]
    shrink = min(1.0, side / max(height, width))
    if shrink == 1.0:
        return detector.detect(image)
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    faces = detector.detect(_shrunk(image, size))
    return faces.scaled(width / size[0], height / size[1])


def _shrunk(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Average 2x2 pixels while more than `size` are left, then interpolate.

    An average over windows that are no whole number of pixels takes several times as long, a fifth
    of a whole search.
    """
    import cv2

    height, width = image.shape[0] // 2, image.shape[1] // 2
    while width >= size[0] and height >= size[1]:
        even = image[: 2 * height, : 2 * width]
        image = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)
        height, width = height // 2, width // 2
    smaller: np.ndarray = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    return smaller


def _tiles(detector: FaceDetector, image: np.ndarray) -> Iterator[Faces]:
    """Search tiles that overlap; a face cut off by the inner edge of a tile is left to the next
    one.
    """
    height, width = image.shape[:2]
    for top in _starts(height):
        for left in _starts(width):
            tile = np.ascontiguousarray(image[top : top + _TILE, left : left + _TILE])
            faces = detector.detect(tile).shifted(left, top)
            # The box of a cut-off face ends a little before the edge.
            sides = _sides(faces)
            x1, y1, x2, y2 = faces.xyxy.T + sides * _NEAR * np.array([[-1], [-1], [1], [1]])
            whole = ((x1 > left) | (left == 0)) & ((y1 > top) | (top == 0))
            whole &= (x2 < left + _TILE) | (left + _TILE >= width)
            whole &= (y2 < top + _TILE) | (top + _TILE >= height)
            yield faces[whole & (sides <= _TILE_FACE)]


def _starts(length: int) -> list[int]:
    """Return where tiles begin, evenly spread, each pair sharing at least `_SHARED` pixels."""
    if length <= _TILE:
        return [0]
    count = -(-(length - _SHARED) // (_TILE - _SHARED))
    return [round(i * (length - _TILE) / (count - 1)) for i in range(count)]


def _sides(faces: Faces) -> np.ndarray:
    sides: np.ndarray = (faces.xyxy[:, 2:] - faces.xyxy[:, :2]).max(axis=1, initial=0)
    return sides
