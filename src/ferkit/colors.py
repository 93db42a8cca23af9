"""The colours of emotions and of other drawn elements, the same in every picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

RGB = tuple[int, int, int]

INK: Final = "#1d2430"  # text and outlines
PAPER: Final = "#ffffff"

# Okabe & Ito's palette, which people with any of the common colour blindnesses can tell apart.
EMOTION_COLORS: Final = {
    "angry": "#d55e00",
    "disgust": "#009e73",
    "fear": "#cc79a7",
    "happy": "#e69f00",
    "sad": "#0072b2",
    "surprise": "#56b4e9",
    "neutral": "#7f7f7f",
    "contempt": "#8c6bb1",
}

# For classes beyond those that ferkit names: Paul Tol's muted scheme, colour-blind safe.
_OTHER_COLORS: Final = ("#332288", "#44aa99", "#999933", "#882255", "#117733", "#88ccee", "#ddcc77")


def emotion_colors(emotions: Sequence[str]) -> dict[str, str]:
    """Return a colour `"#rrggbb"` for every class name, ferkit's own where it has one.

    Example:
        >>> emotion_colors(["happy", "bored"])
        {'happy': '#e69f00', 'bored': '#332288'}
    """
    others = [name for name in dict.fromkeys(emotions) if name not in EMOTION_COLORS]
    spare = {name: _OTHER_COLORS[i % len(_OTHER_COLORS)] for i, name in enumerate(others)}
    return {name: EMOTION_COLORS.get(name) or spare[name] for name in emotions}


def to_rgb(color: str) -> RGB:
    """Return red, green and blue, 0..255 each, of a colour `"#rrggbb"`.

    Example:
        >>> to_rgb("#e69f00")
        (230, 159, 0)
    """
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def ink_on(ground: Sequence[float]) -> str:
    """Return the colour of text, `INK` or `PAPER`, that stands out more from this ground.

    By the contrast ratio of WCAG 2, (lighter + 0.05) / (darker + 0.05) in relative luminance.

    Args:
        ground: Red, green and blue, 0..255 each.

    Example:
        >>> ink_on((255, 255, 0)) == INK, ink_on((0, 0, 90)) == PAPER
        (True, True)
    """
    light, dark = _luminance(ground), _luminance(to_rgb(INK))
    return INK if (light + 0.05) / (dark + 0.05) >= 1.05 / (light + 0.05) else PAPER


def _luminance(color: Sequence[float]) -> float:
    channels = [channel / 255 for channel in color]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
