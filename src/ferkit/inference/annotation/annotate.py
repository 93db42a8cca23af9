"""Boxes, names and bars on a picture or a video frame."""

from __future__ import annotations

from typing import Final

import numpy as np

from ferkit.colors import INK, PAPER, RGB, emotion_colors, ink_on, to_rgb
from ferkit.inference.annotation.layout import Box, first_free, panel_corners, tag_corners
from ferkit.inference.annotation.text import text_sprite
from ferkit.inference.results import FaceEmotions

_INK: Final = to_rgb(INK)
_PAPER: Final = to_rgb(PAPER)
_TRACK: Final = np.array((58, 65, 77), np.uint8)  # of a bar, behind its colour

# A picture whose long side is smaller is enlarged, because its text would be unreadable.
_READABLE_SIDE: Final = 640
_SMALLEST_TEXT: Final = 12
# Of each level of red, green and blue, `(1, 256, 3)`: what is seen of it behind a panel.
_SHADED: Final = (np.arange(256)[None, :, None] * 0.2 + np.array(_INK) * 0.8).astype(np.uint8)
# Bars are drawn for this many emotions.
_BARS: Final = 3


def annotate(
    image: np.ndarray, faces: FaceEmotions, *, bars: bool = True, enlarge: bool = False
) -> np.ndarray:
    """Draw a box and the emotion of every face, and bars of the three most likely emotions where
    there is room.

    The size of the text follows picture and face. If tags would cover each other, that of the
    smaller face is left out, and the colour of its box shows the emotion; `?` marks an uncertain
    answer.

    Args:
        image: Upright `uint8` `(h, w, 3)` RGB: the picture itself, or a copy of another size.
        faces: The faces in it.
        bars: Whether to draw bars. Defaults to True.
        enlarge: Whether a picture smaller than 640 pixels is enlarged first. Defaults to False.

    Returns:
        A new `uint8` RGB array, of the same size unless enlarged.

    Example:
        >>> annotate(np.zeros((90, 120, 3), np.uint8), FaceEmotions.empty((120, 90))).shape
        (90, 120, 3)
    """
    canvas = _enlarged(image) if enlarge else np.array(image)
    height, width = canvas.shape[:2]
    scale = np.tile((width / faces.image_size[0], height / faces.image_size[1]), 2)
    boxes: list[Box] = [tuple(box) for box in (faces.xyxy * scale).round().astype(int).tolist()]
    # Small faces first, so that no large box covers them.
    order = sorted(range(len(boxes)), key=lambda i: boxes[i][2] - boxes[i][0])
    unit = max(_SMALLEST_TEXT, round(max(width, height) / 40))
    for i in order:
        _frame(canvas, boxes[i], _color(faces, str(faces.label[i])), unit)
    taken: list[Box] = []
    tags: dict[int, Box | None] = {}
    for i in reversed(order):
        tags[i] = _tag(canvas, faces, i, boxes, _text_size(boxes[i], unit), taken)
    for i in reversed(order) if bars else ():
        _panel(canvas, faces, i, boxes, _text_size(boxes[i], unit), taken, tags[i])
    return canvas


def _enlarged(image: np.ndarray) -> np.ndarray:
    import cv2

    factor = -(-_READABLE_SIDE // max(image.shape[:2]))
    if factor <= 1:
        return np.array(image)
    return cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)


def _text_size(box: Box, unit: int) -> int:
    """Return the height of text; in a crowd it follows the face."""
    return max(_SMALLEST_TEXT, min(unit, round((box[2] - box[0]) * 0.25)))


def _frame(canvas: np.ndarray, box: Box, color: RGB, unit: int) -> None:
    """Draw a box with a dark edge, visible on any background."""
    import cv2

    side = box[2] - box[0]
    thick = max(1, min(round(unit / 7), side // 16))
    if side >= 24:
        cv2.rectangle(canvas, box[:2], box[2:], _INK, thick + 2)
    cv2.rectangle(canvas, box[:2], box[2:], color, thick)


def _tag(
    canvas: np.ndarray, faces: FaceEmotions, i: int, boxes: list[Box], size: int, taken: list[Box]
) -> Box | None:
    """Write the emotion at the box, if there is space."""
    label = str(faces.label[i])
    doubt = "?" if faces.uncertain[i] else ""
    text = f"{label}{doubt} {100 * float(faces.confidence[i]):.0f} %"
    if faces.track_id is not None and faces.track_id[i] >= 0:
        text = f"{faces.track_id[i]}  {text}"
    color, pad = _color(faces, label), max(2, size // 5)
    sprite = text_sprite(text, size)
    wanted = (sprite.shape[1] + 2 * pad, sprite.shape[0] + 2 * pad)
    corners = tag_corners(boxes[i], wanted)
    others = [*taken, *boxes[:i], *boxes[i + 1 :]]
    place = first_free(corners, wanted, _size(canvas), others)
    # Better over another face than not at all.
    place = place or first_free(corners, wanted, _size(canvas), taken)
    if place is not None:
        _fill(canvas, place, color)
        _write(canvas, sprite, place[0] + pad, place[1] + pad, to_rgb(ink_on(color)))
        taken.append(place)
    return place


def _panel(
    canvas: np.ndarray,
    faces: FaceEmotions,
    i: int,
    boxes: list[Box],
    size: int,
    taken: list[Box],
    tag: Box | None,
) -> None:
    """Draw the bars of one face, if there is space that covers nothing."""
    best = np.argsort(-faces.probabilities[i], kind="stable")[:_BARS]
    small = max(_SMALLEST_TEXT - 1, round(size * 0.8))
    sprites = [text_sprite(faces.emotions[code], small) for code in best]
    pad, line = max(2, small // 3), round(small * 1.25)
    names = max(sprite.shape[1] for sprite in sprites)
    wanted = (names + 3 * pad + small * 5, line * len(best) + 2 * pad)
    corners = panel_corners(boxes[i], wanted, tag)
    place = first_free(corners, wanted, _size(canvas), [*taken, *boxes])
    if place is None and 3 * wanted[1] < boxes[i][3] - boxes[i][1]:
        # On the chin of a face that fills the picture.
        others = [*taken, *boxes[:i], *boxes[i + 1 :]]
        chin = (boxes[i][0], min(boxes[i][3], canvas.shape[0]) - wanted[1])
        place = first_free([chin], wanted, _size(canvas), others)
    if place is None:
        return
    taken.append(place)
    x1, y1, x2, y2 = place
    _shade(canvas[y1:y2, x1:x2])
    left, right = x1 + names + 2 * pad, x2 - pad
    for row, (code, sprite) in enumerate(zip(best, sprites, strict=True)):
        top = y1 + pad + row * line
        _write(canvas, sprite, x1 + pad, top + (line - sprite.shape[0]) // 2, _PAPER)
        end = left + round((right - left) * float(faces.probabilities[i, code]))
        bar = (top + line // 5, top + line - line // 5)
        canvas[bar[0] : bar[1], left:right] = _TRACK
        canvas[bar[0] : bar[1], left:end] = _color(faces, faces.emotions[code])


def _color(faces: FaceEmotions, emotion: str) -> RGB:
    return to_rgb(emotion_colors(faces.emotions)[emotion])


def _size(canvas: np.ndarray) -> tuple[int, int]:
    return canvas.shape[1], canvas.shape[0]


def _fill(canvas: np.ndarray, box: Box, color: RGB) -> None:
    canvas[box[1] : box[3], box[0] : box[2]] = color


def _shade(area: np.ndarray) -> None:
    """Let little of the picture through a panel."""
    import cv2

    area[:] = cv2.LUT(np.ascontiguousarray(area), _SHADED)


def _write(canvas: np.ndarray, sprite: np.ndarray, x: int, y: int, color: RGB) -> None:
    """Blend text of one colour onto the canvas."""
    area = canvas[y : y + sprite.shape[0], x : x + sprite.shape[1]]
    alpha = sprite[: area.shape[0], : area.shape[1], None].astype(np.float32) / 255
    area[:] = (area + (np.array(color, np.float32) - area) * alpha).round().astype(np.uint8)
