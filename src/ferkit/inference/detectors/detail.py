"""The sizes at which a picture is searched for faces: bounded, at full size in tiles, and
rotated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial, reduce
from typing import Final

import numpy as np

from ferkit.errors import UsageError
from ferkit.inference.detectors.overlap import suppress_overlaps
from ferkit.inference.detectors.protocol import (
    FaceDetector,
    Faces,
    SearchSizes,
    search_sizes_of,
)

DETAILS: Final = ("normal", "high")

# Rotated copies of a small picture have this share of its size, like 320 of the 800 pixels of a
# large one.
PROBED = 0.4
# Overlap of neighbouring tiles in pixels: a smaller face is whole in one of them.
SHARED = 256
# A face this close to the edge of a tile, in sides of its box, may be cut off.
NEAR = 0.15
# A larger face may be whole in no tile, but is large enough in the whole picture.
TILE_FACE = 190
OVERLAP = 0.4
# Of two boxes, the smaller one is dropped if this share of it is inside the larger.
INSIDE = 0.8


def detect_faces(detector: FaceDetector, image: np.ndarray, detail: str = "normal") -> Faces:
    """Find the faces of a picture of any size, the largest first.

    If no face is found, or none with the score of an upright face, and always with `high`, copies
    rotated by 90, 180 and 270 degrees are searched as well. Detectors give upside-down faces the
    landmarks of upright ones and a lower score; the face found in a rotated copy has the right
    landmarks and replaces the other.

    Args:
        detector: Finds faces at the size it is given.
        image: `uint8` `(h, w, 3)` RGB.
        detail: `normal` searches a copy of at most 800 pixels; `high` searches one of 1024 and the
            full picture in tiles, which finds faces down to 20 pixels. Defaults to "normal".

    Returns:
        Boxes in pixels of `image`.

    Raises:
        UsageError: There is no such `detail`, or the detector returns something else than `Faces`.
    """
    if detail not in DETAILS:
        raise UsageError(f"detail expects one of {', '.join(DETAILS)}, not {detail!r}.")
    sizes = search_sizes_of(detector)
    if sizes is None:
        return _searched_once(detector, image)
    if detail == "high":
        return _found(detector, sizes, image, detail)
    # All smaller copies are made from this one, which is faster than from a large picture.
    small = _shrunk(image, sizes.normal)
    return _scaled_to(image, small, _found(detector, sizes, small, detail))


def _found(detector: FaceDetector, sizes: SearchSizes, image: np.ndarray, detail: str) -> Faces:
    """Search a picture, and rotated copies unless upright faces suffice."""
    faces = _searched(detector, sizes, image, detail)
    if sizes.sure_score is None:
        return faces
    suffices = faces.surely_none or faces.score.max(initial=0) >= sizes.sure_score
    if detail == "normal" and suffices:
        return faces
    return _with_turned(detector, sizes, image, detail, faces)


def _searched(detector: FaceDetector, sizes: SearchSizes, image: np.ndarray, detail: str) -> Faces:
    """Search a picture without rotation."""
    side = sizes.high if detail == "high" else sizes.normal
    long_side = max(image.shape[:2])
    faces = _at_side(detector, image, side)
    if sizes.coarse and long_side > 2 * sizes.coarse:
        small = _sides(faces) * min(1, side / long_side) <= sizes.largest_face
        coarse = _at_side(detector, image, sizes.coarse)
        large = _sides(coarse) * sizes.coarse / long_side >= sizes.smallest_coarse_face
        faces = faces[small].joined(coarse[large])
    if detail == "high" and long_side > sizes.high:
        for tile in _tiles(detector, image, sizes.high):
            faces = faces.joined(tile)
    return _without_overlaps(faces)


def _with_turned(
    detector: FaceDetector, sizes: SearchSizes, image: np.ndarray, detail: str, upright: Faces
) -> Faces:
    """Return the faces found upright and those found in rotated copies of the picture."""
    assert sizes.sure_score is not None
    probe = min(sizes.probe, round(PROBED * max(image.shape[:2])))
    small = _shrunk(image, sizes.high if detail == "high" else max(probe, 1))
    turned = (_turned(partial(_searched_once, detector), small, quarters) for quarters in (1, 2, 3))
    copies = [_scaled_to(image, small, faces) for faces in turned]
    best = int(np.argmax([faces.score.max(initial=0) for faces in (upright, *copies)]))
    # A person lying down in an upright picture counts if the score is high and detail is high.
    lying = [f[f.score >= sizes.sure_score] for f in copies] if detail == "high" else []
    found = [upright, *lying]
    if best:
        search = partial(_searched, detector, sizes, detail=detail)
        found.append(_turned(search, image, best))
    faces = reduce(Faces.joined, found)
    # An upside-down face may be found as a larger one, around it or next to it.
    best_first = suppress_overlaps(faces.xyxy, faces.score, OVERLAP, of_smaller=True)
    return _without_overlaps(faces[best_first])


def _turned(search: Callable[[np.ndarray], Faces], image: np.ndarray, quarters: int) -> Faces:
    """Search the picture rotated by `quarters` times 90 degrees; return faces in the coordinates of
    `image`.
    """
    turned = np.ascontiguousarray(np.rot90(image, quarters))
    return search(turned).turned(-quarters, (turned.shape[1], turned.shape[0]))


def _without_overlaps(faces: Faces) -> Faces:
    """Keep each face once, the largest first."""
    if len(faces) < 2:
        return faces
    faces = faces[suppress_overlaps(faces.xyxy, faces.score, OVERLAP)]
    # Part of a face, inside the box of the whole face.
    return faces[suppress_overlaps(faces.xyxy, _sides(faces), INSIDE, of_smaller=True)]


def _searched_once(detector: FaceDetector, image: np.ndarray) -> Faces:
    """Search an image at its size, and leave out boxes that cannot be faces.

    Raises:
        UsageError: The detector returns something else than `Faces`.
    """
    found: object = detector.detect(image)
    if not isinstance(found, Faces):
        raise UsageError(
            f"The detector {detector.name} returned {type(found).__name__}; return "
            "ferkit.inference.detectors.Faces from detect."
        )
    return found.plausible((image.shape[1], image.shape[0]))


def _at_side(detector: FaceDetector, image: np.ndarray, side: int) -> Faces:
    """Search a copy whose long side is at most `side`."""
    small = _shrunk(image, side)
    return _scaled_to(image, small, _searched_once(detector, small))


def _scaled_to(image: np.ndarray, small: np.ndarray, faces: Faces) -> Faces:
    """Return the faces of a smaller copy in the coordinates of the picture."""
    if small is image:
        return faces
    return faces.scaled(image.shape[1] / small.shape[1], image.shape[0] / small.shape[0])


def _shrunk(image: np.ndarray, side: int) -> np.ndarray:
    """Average 2x2 pixels while the long side stays above `side`, then interpolate.

    Averaging over windows of a fractional number of pixels takes several times as long, a fifth of
    a whole search.
    """
    import cv2

    height, width = image.shape[:2]
    shrink = side / max(height, width)
    if shrink >= 1:
        return image
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    height, width = height // 2, width // 2
    while width >= size[0] and height >= size[1]:
        even = image[: 2 * height, : 2 * width]
        image = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)
        height, width = height // 2, width // 2
    smaller: np.ndarray = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    return smaller


def _tiles(detector: FaceDetector, image: np.ndarray, side: int) -> Iterator[Faces]:
    """Search tiles that overlap; a face cut off by the inner edge of a tile is left to the next
    one.
    """
    height, width = image.shape[:2]
    for top in _starts(height, side):
        for left in _starts(width, side):
            tile = np.ascontiguousarray(image[top : top + side, left : left + side])
            faces = _searched_once(detector, tile).shifted(left, top)
            # The box of a cut-off face ends a little before the edge.
            sides = _sides(faces)
            x1, y1, x2, y2 = faces.xyxy.T + sides * NEAR * np.array([[-1], [-1], [1], [1]])
            whole = ((x1 > left) | (left == 0)) & ((y1 > top) | (top == 0))
            whole &= (x2 < left + side) | (left + side >= width)
            whole &= (y2 < top + side) | (top + side >= height)
            yield faces[whole & (sides <= TILE_FACE)]


def _starts(length: int, side: int) -> list[int]:
    """Return where tiles of `side` begin, evenly spaced, neighbours overlapping by at least
    `SHARED` pixels.
    """
    if length <= side:
        return [0]
    count = -(-(length - SHARED) // (side - SHARED))
    return [round(i * (length - side) / (count - 1)) for i in range(count)]


def _sides(faces: Faces) -> np.ndarray:
    sides: np.ndarray = (faces.xyxy[:, 2:] - faces.xyxy[:, :2]).max(axis=1, initial=0)
    return sides
