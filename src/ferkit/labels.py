"""Constants of FER-2013: the seven emotions in order, the splits, and the size of an image.

The order is that of the codes 0..6 in `fer2013.csv` (Goodfellow et al., "Challenges in
Representation Learning", ICONIP 2013). Folder names sort differently, so every reader maps by name.
"""

from __future__ import annotations

from typing import Final

EMOTIONS: Final = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")

# Side in pixels: every model takes grey images of 48x48.
IMAGE_SIZE: Final = 48

SPLITS: Final = ("train", "validation", "test")

# The names that the 2013 challenge gave to its three parts.
USAGE_TO_SPLIT: Final = {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"}

# Spellings in copies of the data set and in users' own folders.
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
    """Return ferkit's name for an emotion, or None if `name` is none of the seven.

    Example:
        >>> canonical_emotion("Happiness")
        'happy'
    """
    lowered = name.strip().lower()
    lowered = EMOTION_ALIASES.get(lowered, lowered)
    return lowered if lowered in EMOTIONS else None
