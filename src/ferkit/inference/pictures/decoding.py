"""Conversion of an opened image or an array to upright RGB pixels; large images are reduced to a
half, a quarter, ... of their size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ferkit.decoding.bounds import MOST_PIXELS, TOO_LARGE, check_bounds
from ferkit.decoding.grey_levels import value_range
from ferkit.decoding.jpeg2000 import read_header
from ferkit.errors import ImageError, UsageError
from ferkit.inference.pictures.pixels import to_rgb

if TYPE_CHECKING:
    from PIL import Image

# Enough for faces of at least 48 pixels if the detector finds them at its bounded search size.
_WORKING_PIXELS: Final = 12_000_000

_ORIENTATION = 0x0112
# Side in pixels of pieces that are converted at once: a power of two, like the reduction.
_PIECE = 2048


@dataclass(frozen=True, eq=False)
class ReadImage:
    """A decoded picture.

    Attributes:
        pixels: `uint8` `(h, w, 3)`, upright RGB; smaller than the original if that is very large.
        size: Width and height of the original, upright, in pixels.
    """

    pixels: np.ndarray
    size: tuple[int, int]

    @property
    def scale(self) -> tuple[float, float]:
        """How many original pixels one of `pixels` is wide and high."""
        height, width = self.pixels.shape[:2]
        return self.size[0] / width, self.size[1] / height


def decoded(image: Image.Image, full: bool, *, own: bool) -> ReadImage:
    """Return the pixels of an opened, not yet decoded image.

    Args:
        image: The image, which is rotated upright according to its EXIF data.
        full: Whether a very large image keeps its size.
        own: Whether the image may be changed, because no other code uses it.

    Raises:
        ImageError: It has no pixels or too many, or would take more than 1 GB.
    """
    width, height = image.size
    if width * height == 0:
        raise ImageError("the image has no pixels")
    if width * height > MOST_PIXELS:
        raise ImageError(TOO_LARGE)
    turn = _turn(image)
    size = (height, width) if turn in (5, 6, 7, 8) else (width, height)
    step = 1 if full else _reduction((width, height))
    if own:
        check_bounds(image, reduction=step)
    if step == 1 and width * height <= _WORKING_PIXELS:
        return ReadImage(_turned(to_rgb(image), turn), size)
    if own:
        _decode_smaller(image, step)
    image.load()
    left = max(round(image.width * step / width), 1)
    return ReadImage(_turned(_reduced(image, left), turn), size)


def _decode_smaller(image: Any, step: int) -> None:
    """Let JPEG and JPEG 2000 decode at a half, a quarter, ... in a fraction of time and memory."""
    if image.format == "JPEG2000":
        levels = read_header(image.fp, image.size).levels
        image.reduce = min(step.bit_length() - 1, levels)
    else:
        image.draft(None, (image.width // step, image.height // step))


def _turn(image: Image.Image) -> int:
    """Return the EXIF orientation, 1..8; damaged metadata is not a reason to refuse a picture."""
    if image.format == "TIFF":
        return 1  # Pillow turns it itself
    try:
        turn = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # Pillow's parser raises many kinds
        return 1
    return turn if isinstance(turn, int) else 1


def _reduction(size: tuple[int, int]) -> int:
    """Return the divisor of the sides, 1, 2, 4, ..., at which there are few enough pixels."""
    step = 1
    while (size[0] / step) * (size[1] / step) > _WORKING_PIXELS:
        step *= 2
    return step


def _reduced(image: Image.Image, step: int) -> np.ndarray:
    """Return RGB pixels at a whole fraction of the size, converted in pieces to save memory."""
    from PIL import Image

    span = value_range(image)
    width, height = image.size
    reduced = np.empty((-(-height // step), -(-width // step), 3), np.uint8)
    for top in range(0, height, _PIECE):
        for left in range(0, width, _PIECE):
            box = (left, top, min(left + _PIECE, width), min(top + _PIECE, height))
            piece = np.asarray(Image.fromarray(to_rgb(image.crop(box), span)).reduce(step))
            y, x = top // step, left // step
            reduced[y : y + piece.shape[0], x : x + piece.shape[1]] = piece
    return reduced


def _turned(pixels: np.ndarray, turn: int) -> np.ndarray:
    """Return the pixels upright; `turn` is the EXIF orientation, 1..8."""
    if turn in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if turn in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if turn in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def from_array(array: np.ndarray, full: bool) -> ReadImage:
    """Return the pixels of an array; see `read_image`.

    Raises:
        UsageError: It has another shape or kind.
        ImageError: It has too many pixels.
    """
    shape, kinds = array.shape, ("uint8", "uint16")
    if array.dtype.name not in kinds or array.ndim not in (2, 3) or 0 in shape:
        raise UsageError(
            "Expected a uint8 or uint16 array of shape (h, w), (h, w, 3) or (h, w, 4), "
            f"found {array.dtype} {shape}{_remedy(array)}."
        )
    # In the machine's byte order, which arrays from scientific instruments often do not have.
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    channels = 1 if array.ndim == 2 else shape[2]
    if channels not in (1, 3, 4):
        raise UsageError(f"Expected 1, 3 or 4 channels (grey, RGB, RGBA), found {channels}.")
    if shape[0] * shape[1] > MOST_PIXELS:
        raise ImageError(TOO_LARGE)
    size = (shape[1], shape[0])
    step = 1 if full else _reduction(size)
    array = array[::step, ::step]
    if array.dtype == np.uint16:
        array = (array // 257).astype(np.uint8)
    if array.ndim == 2 or channels == 1:
        array = np.repeat(array.reshape(*array.shape[:2], 1), 3, axis=2)
    if channels == 4:
        alpha = array[..., 3:].astype(np.uint16)
        over_white = (array[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
        array = over_white.astype(np.uint8)
    return ReadImage(np.ascontiguousarray(array), size)


def _remedy(array: np.ndarray) -> str:
    """Return advice on converting an array of another type to a picture."""
    if array.dtype.name in ("uint8", "uint16") or not array.size:
        return ""
    if array.dtype == bool:
        return "; pass 255 * image.astype(np.uint8)"
    if array.dtype.kind not in "iuf":
        return ""
    if array.dtype.kind == "f" and float(np.nan_to_num(array).max()) <= 1:
        return ", which looks scaled to 0..1; pass (255 * image).astype(np.uint8)"
    return "; pass image.clip(0, 255).astype(np.uint8) where its values mean 0..255"
