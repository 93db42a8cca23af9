"""Text and colours of annotated pictures."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Final

import numpy as np

from ferkit.labels import EMOTION_COLORS

Color = tuple[int, int, int]

INK: Final[Color] = (29, 36, 48)
PAPER: Final[Color] = (255, 255, 255)

# For classes beyond those that ferkit names: Paul Tol's muted scheme, colour-blind safe.
_MORE_COLORS: Final = ("#332288", "#44aa99", "#999933", "#882255", "#117733", "#88ccee", "#ddcc77")


def color_of(emotions: Sequence[str], name: str) -> Color:
    """Return the colour of a class, `(red, green, blue)` 0..255: the same in every picture.

    Example:
        >>> color_of(("happy", "bored"), "happy")
        (230, 159, 0)
    """
    others = [emotion for emotion in emotions if emotion not in EMOTION_COLORS]
    text = EMOTION_COLORS.get(name)
    if text is None:
        text = _MORE_COLORS[others.index(name) % len(_MORE_COLORS)]
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def ink_on(color: Color) -> Color:
    """Return dark or white, whichever has more contrast on `color` (WCAG 2).

    Example:
        >>> ink_on((255, 255, 0)) == INK, ink_on((0, 0, 90)) == PAPER
        (True, True)
    """
    ground, dark = _luminance(color), _luminance(INK)
    return INK if (ground + 0.05) / (dark + 0.05) >= 1.05 / (ground + 0.05) else PAPER


def _luminance(color: Color) -> float:
    channels = np.array(color) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))


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
