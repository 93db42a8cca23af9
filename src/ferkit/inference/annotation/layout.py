"""Positions of tags and bars that cover neither each other nor a face."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

# x1, y1, x2, y2 in whole pixels.
Box = tuple[int, int, int, int]


def first_free(
    corners: Iterable[tuple[int, int]],
    size: tuple[int, int],
    canvas: tuple[int, int],
    taken: Sequence[Box],
) -> Box | None:
    """Return the first free position for an item of `size`, or None.

    Args:
        corners: Upper left corners to try; they are moved sideways into the picture, but not up or
            down.
        size: Width and height of the item.
        canvas: Width and height of the picture.
        taken: Boxes that it may not cover.

    Example:
        >>> first_free([(0, -5), (95, 5)], (10, 8), (100, 50), [])
        (90, 5, 100, 13)
    """
    for x, y in corners:
        left = max(0, min(x, canvas[0] - size[0]))
        place = (left, y, left + size[0], y + size[1])
        inside = y >= 0 and place[2] <= canvas[0] and place[3] <= canvas[1]
        if inside and not any(overlap(place, other) for other in taken):
            return place
    return None


def overlap(one: Box, other: Box) -> bool:
    """Return whether two boxes have a pixel in common."""
    across = one[0] < other[2] and other[0] < one[2]
    return across and one[1] < other[3] and other[1] < one[3]


def tag_corners(face: Box, size: tuple[int, int]) -> list[tuple[int, int]]:
    """Return the positions for a tag: above the face, below it, inside at its upper edge."""
    x1, y1, _, y2 = face
    x2 = face[2] - size[0]
    return [(x1, y1 - size[1]), (x2, y1 - size[1]), (x1, y2), (x2, y2), (x1, max(y1, 0))]


def panel_corners(face: Box, size: tuple[int, int], tag: Box | None) -> list[tuple[int, int]]:
    """Return the positions for bars: below the face, right of it, left of it, above it."""
    width, height = size
    x1, y1, x2, y2 = face
    low = tag[3] if tag and tag[1] >= y2 else y2
    high = tag[1] if tag and tag[3] <= y1 else y1
    above = high - height
    return [
        *((x1, low), (x2 - width, low), ((x1 + x2 - width) // 2, low)),
        *((x2, y1), (x2, y2 - height), (x1 - width, y1), (x1 - width, y2 - height)),
        *((x1, above), (x2 - width, above)),
    ]
