"""The Kaggle folder layout: split and emotion of a file from its path."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from ferkit.data.image_files import BadImageError
from ferkit.formats import IMAGE_SUFFIXES
from ferkit.labels import EMOTIONS, SPLITS, USAGE_TO_SPLIT, canonical_emotion

SPLIT_FOLDERS: Final = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "val": "validation",
    "valid": "validation",
    "test": "test",
    "testing": "test",
}

# Kaggle's `test/` holds both halves of the challenge's test data, distinguished by a prefix.
_NAMED_SPLITS: Final = {
    "train": ("train",),
    "validation": ("validation",),
    "test": ("validation", "test"),
}

# Files that file managers and other tools create; not images, and not errors of the user.
_LITTER: Final = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


@dataclass(frozen=True)
class Place:
    """Where an image belongs: codes into `SPLITS` and the classes, `EMOTIONS` unless they are own
    ones.
    """

    split: int
    emotion: int


def is_litter(name: str, *, keep_other_files: bool = False) -> bool:
    """Return whether the file `name` (a path with `/`) is hidden, or is what a tool left behind.

    So is a file that is not an image and is outside the folders of splits, such as a README, unless
    `keep_other_files`.
    """
    parts = name.lower().split("/")
    if any(part.startswith(".") or part in _LITTER for part in parts):
        return True
    if keep_other_files:
        return False
    return not has_image_suffix(parts[-1]) and not any(part in SPLIT_FOLDERS for part in parts[:-1])


def place_of(name: str) -> Place:
    """Return split and emotion of the file `name`, a path that ends in `SPLIT/EMOTION/FILE`.

    Raises:
        BadImageError: The path is not in the layout.

    Example:
        >>> place_of("archive/test/fear/PublicTest_99.jpg")
        Place(split=1, emotion=2)
    """
    *_, split_folder, emotion_folder, file = ("", "", *name.split("/"))
    split = SPLIT_FOLDERS.get(split_folder.lower())
    if split is None:
        raise BadImageError(
            "it lies outside of the layout SPLIT/EMOTION/NAME.jpg, where SPLIT is train, "
            "validation or test"
        )
    emotion = canonical_emotion(emotion_folder)
    if emotion is None:
        raise BadImageError(
            f"the folder '{emotion_folder}' is not an emotion, expected {', '.join(EMOTIONS)}"
        )
    if not may_be_image(file):
        raise BadImageError("the file is not an image")
    return Place(SPLITS.index(named_split(split_folder, file)), EMOTIONS.index(emotion))


def named_split(split_folder: str, file: str) -> str:
    """Return the split of a file in a split's folder, refined by the prefix of its name.

    Raises:
        BadImageError: Name and folder disagree.
    """
    split = SPLIT_FOLDERS[split_folder.lower()]
    prefix = file.partition("_")[0]
    named = USAGE_TO_SPLIT.get(prefix, split)
    if named not in _NAMED_SPLITS[split]:
        raise BadImageError(f"its name says {prefix}, but it lies in {split_folder}/")
    return named


def natural_order(name: str) -> tuple[str, int, str]:
    """Return a key that sorts `Training_9.jpg` before `Training_10.jpg`, folder by folder."""
    folder, _, file = name.rpartition("/")
    digits = file.partition(".")[0].rpartition("_")[2]
    is_number = digits.isdecimal() and len(digits) < 20
    return (folder, int(digits) if is_number else -1, name)


def may_be_image(file: str) -> bool:
    """Return whether a file in a folder of a class is to be read: its name ends as an image's does,
    or has no suffix at all.
    """
    return has_image_suffix(file) or "." not in file


def has_image_suffix(file: str) -> bool:
    """Return whether a file's name ends as an image's does."""
    stem, dot, suffix = file.lower().rpartition(".")
    return bool(stem) and f"{dot}{suffix}" in IMAGE_SUFFIXES


def printable(name: str) -> str:
    r"""Return `name` with bytes that are no UTF-8 written as `\xNN`, so that it can be stored and
    printed.
    """
    return os.fsencode(name).decode("utf-8", "backslashreplace")
