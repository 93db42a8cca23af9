"""Conversion of a decoded Pillow image of any mode to 8-bit RGB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ferkit.decoding.grey_levels import to_8_bit, value_range

if TYPE_CHECKING:
    from PIL import Image


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
        grey = to_8_bit(np.asarray(image), span or value_range(image))
        return np.repeat(grey[..., np.newaxis], 3, axis=2)
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGB", rgba.size, "white")
        white.paste(rgba, mask=rgba.getchannel("A"))
        image = white
    elif image.mode == "LAB":
        image = _from_lab(image)
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))


def _from_lab(image: Image.Image) -> Image.Image:
    from PIL import ImageCms

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(lab, srgb, "LAB", "RGB")
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None
    return converted
