"""A decoded Pillow image of any mode to 8-bit RGB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image


def to_rgb(image: Image.Image) -> np.ndarray:
    """Return a `uint8` `(h, w, 3)` array: transparent parts white, 16-bit and float values scaled
    to 0..255.
    """
    from PIL import Image

    image.load()
    if image.mode.startswith("I") or image.mode == "F":
        grey = _to_8_bit(np.asarray(image))
        return np.repeat(grey[..., np.newaxis], 3, axis=2)
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGB", rgba.size, "white")
        white.paste(rgba, mask=rgba.getchannel("A"))
        image = white
    elif image.mode == "LAB":
        image = _from_lab(image)
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))


def _to_8_bit(values: np.ndarray) -> np.ndarray:
    """Scale by the range that the values seem to be meant in: 0..1, 0..255, 0..65535, or
    their own.
    """
    if values.dtype.name == "uint16":
        return (values // 257).astype(np.uint8)
    numbers = np.nan_to_num(values.astype(np.float32))
    low, high = min(float(numbers.min()), 0.0), float(numbers.max())
    if low == 0 and high <= 1:
        high = 1.0
    elif low == 0 and high <= 255:
        high = 255.0
    elif low == 0 and high <= 65535:
        high = 65535.0
    scaled = (numbers - low) * (255 / max(high - low, 1e-12))
    return scaled.round().clip(0, 255).astype(np.uint8)


def _from_lab(image: Image.Image) -> Image.Image:
    from PIL import ImageCms

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(lab, srgb, "LAB", "RGB")
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None
    return converted
