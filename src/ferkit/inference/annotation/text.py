"""Text of annotated pictures."""

from __future__ import annotations

import functools

import numpy as np


@functools.lru_cache(maxsize=1024)
def text_sprite(text: str, height: int) -> np.ndarray:
    """Return how much of each pixel the text covers, `uint8` `(h, w)`; lines of one height align.

    Args:
        text: One line.
        height: Size of the type in pixels.
    """
    from PIL import Image, ImageDraw, ImageFont

    # Comes with Pillow: the same picture on every system.
    font = ImageFont.load_default(height)
    width = max(1, round(font.getlength(text)))
    line = round(height * 1.05)
    image = Image.new("L", (width, line))
    # On the baseline, so that "g" and "e" stand on one line.
    ImageDraw.Draw(image).text((0, round(height * 0.82)), text, 255, font, anchor="ls")
    sprite = np.asarray(image).copy()
    sprite.flags.writeable = False  # it is shared
    return sprite
