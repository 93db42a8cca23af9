"""Conversion of a decoded Pillow image of any mode to 8-bit RGB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image


# Rows that are read at once when the range of values is determined.
_ROWS = 256


def to_rgb(image: Image.Image, span: tuple[float, float] | None = None) -> np.ndarray:
    """Return a `uint8` `(h, w, 3)` array: transparent parts white, 16-bit and float values scaled
    to 0..255.

    Args:
        image: A picture or a piece of one.
        span: The `value_range` of the whole picture. Defaults to None: that of `image`.
    """
    from PIL import Image

    image.load()
    if image.mode.startswith("I") or image.mode == "F":
        grey = _to_8_bit(np.asarray(image), span or value_range(image))
        return np.repeat(grey[..., np.newaxis], 3, axis=2)
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGB", rgba.size, "white")
        white.paste(rgba, mask=rgba.getchannel("A"))
        image = white
    elif image.mode == "LAB":
        image = _from_lab(image)
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))


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


def _to_8_bit(values: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    if values.dtype.name == "uint16":
        return (values // 257).astype(np.uint8)
    low, high = span
    scaled = np.nan_to_num(values.astype(np.float32), posinf=high, neginf=low) - low
    scaled *= 255 / max(high - low, 1e-12)
    return scaled.round().clip(0, 255).astype(np.uint8)


def _from_lab(image: Image.Image) -> Image.Image:
    from PIL import ImageCms

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(lab, srgb, "LAB", "RGB")
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None
    return converted
