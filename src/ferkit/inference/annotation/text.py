"""Text of annotated pictures."""

from __future__ import annotations

import functools

import numpy as np


@functools.lru_cache(maxsize=1024)
def text_sprite(text: str, height: int) -> np.ndarray:
    """Return the coverage of each pixel by the text, `uint8` `(h, w)`; equal heights align.

    Args:
        text: One line.
        height: Font size in pixels.
    """
    from PIL import Image, ImageDraw, ImageFont

    # This font comes with Pillow, so pictures look the same on every system.
    font = ImageFont.load_default(height)
    width = max(1, round(font.getlength(text)))
    line = round(height * 1.05)
    image = Image.new("L", (width, line))
    # Aligned at the baseline, so that all texts of one height align.
    ImageDraw.Draw(image).text((0, round(height * 0.82)), text, 255, font, anchor="ls")
    sprite = np.asarray(image).copy()
    sprite.flags.writeable = False  # it is shared
    return sprite
