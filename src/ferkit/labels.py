"""The seven emotions of FER-2013: their one order, their names and their colours.

The order is that of the codes 0..6 in `fer2013.csv` (Goodfellow et al., "Challenges in
Representation Learning", ICONIP 2013). Folder names sort differently, so every reader maps by name.
"""

from __future__ import annotations

from typing import Final

EMOTIONS: Final = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")

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

SPLITS: Final = ("train", "validation", "test")

# The names that the 2013 challenge gave to its three parts.
USAGE_TO_SPLIT: Final = {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"}

# Spellings met in copies of the data set and in people's own folders.
EMOTION_ALIASES: Final = {
    "anger": "angry",
    "disgusted": "disgust",
    "fearful": "fear",
    "afraid": "fear",
    "happiness": "happy",
    "sadness": "sad",
    "surprised": "surprise",
}


def canonical_emotion(name: str) -> str | None:
    """Return ferkit's name for an emotion, or None when `name` is none of the seven.

    Example:
        >>> canonical_emotion("Happiness")
        'happy'
    """
    lowered = name.strip().lower()
    lowered = EMOTION_ALIASES.get(lowered, lowered)
    return lowered if lowered in EMOTIONS else None
