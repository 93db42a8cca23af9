"""Grey pictures of more than 8 bits: their range of values, and the same in 8 bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

# Rows that are read at once when the range of values is determined.
_ROWS = 256


def value_range(image: Image.Image) -> tuple[float, float]:
    """Return the likely nominal range of a 32-bit or float picture: 0..1, 0..255, 0..65535, or the
    range of its values. For any other picture it is 0..65535, without a search.
    """
    if image.mode not in ("I", "F"):
        return 0.0, 65535.0
    low, high = 0.0, -np.inf
    rows = max(_ROWS, _ROWS * 4096 // image.width)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        # An infinite value would leave no range for the others.
        numbers = np.nan_to_num(np.asarray(strip).astype(np.float32), posinf=0, neginf=0)
        low, high = min(low, float(numbers.min())), max(high, float(numbers.max()))
    if low == 0:
        high = next((meant for meant in (1.0, 255.0, 65535.0) if high <= meant), high)
    return low, high


def to_8_bit(values: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    """Return grey values `(h, w)` as `uint8`, scaled from the `value_range` of their picture."""
    if values.dtype.name == "uint16":
        return (values // 257).astype(np.uint8)
    low, high = span
    scaled = np.nan_to_num(values.astype(np.float32), posinf=high, neginf=low) - low
    scaled *= 255 / max(high - low, 1e-12)
    return scaled.round().clip(0, 255).astype(np.uint8)
