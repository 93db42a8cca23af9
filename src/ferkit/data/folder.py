"""The Kaggle folder layout, `train/happy/Training_123.jpg`, in a folder or inside a zip."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from ferkit.data.bad_items import BadItems
from ferkit.data.dataset import IMAGE_SIZE, FerDataset
from ferkit.data.image_files import (
    IMAGE_SUFFIXES,
    BadImageError,
    ConvertibleImageError,
    decode_image,
)
from ferkit.errors import DataError
from ferkit.labels import EMOTIONS, SPLITS, USAGE_TO_SPLIT, canonical_emotion

SPLIT_FOLDERS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "val": "validation",
    "valid": "validation",
    "test": "test",
}

# What file managers leave behind; no image, and no fault of the user's.
_LITTER = frozenset({"thumbs.db", "desktop.ini", ".ds_store", "__macosx"})

_CONVERT_ADVICE = "Turn such images into 48x48 grey ones with --convert, or leave them out with --skip-bad"


@dataclass(frozen=True)
class _File:
    """A file of the layout: its path inside the source, and how to read it."""

    name: str
    read: Callable[[], bytes]


def read_folder(path: Path, bad: BadItems, *, convert: bool) -> FerDataset:
    """Read a folder of `train/` and `test/` (and `validation/`) with one folder per emotion.

    Raises:
        DataError: There is no such layout, or a bad file that is not skipped.
    """
    files = (
        _File(name, (path / name).read_bytes)
        for name in sorted(_walk(path), key=_natural)
    )
    return _read(path, files, bad, convert)


def read_folder_zip(path: Path, bad: BadItems, *, convert: bool) -> FerDataset:
    """Read the same layout from a zip file, without unpacking it.

    Raises:
        DataError: The zip is broken or holds no such layout, or a bad file that is not skipped.
    """
    with zipfile.ZipFile(path) as archive:
        names = [info.filename for info in archive.infolist() if not info.is_dir()]
        files = (
            _File(name, lambda name=name: archive.read(name))  # type: ignore[misc]
            for name in sorted(names, key=_natural)
        )
        return _read(path, files, bad, convert)


def _walk(path: Path) -> Iterator[str]:
    for folder, _, names in os.walk(path):
        for name in names:
            yield (Path(folder) / name).relative_to(path).as_posix()


def _natural(name: str) -> tuple[str, int, str]:
    """Sort `Training_9.jpg` before `Training_10.jpg`, folder by folder."""
    path = PurePosixPath(name)
    digits = path.stem.rpartition("_")[2]
    return (str(path.parent), int(digits) if digits.isdecimal() else -1, name)


def _read(path: Path, files: Iterable[_File], bad: BadItems, convert: bool) -> FerDataset:
    images: list[np.ndarray] = []
    labels: list[int] = []
    splits: list[int] = []
    sources: list[str] = []
    for file in files:
        if any(part.lower() in _LITTER or part.startswith("._") for part in Path(file.name).parts):
            continue
        try:
            split, emotion = _place(file.name)
            image = decode_image(_content(file), convert)
        except ConvertibleImageError as error:
            bad.add(file.name, str(error), _CONVERT_ADVICE)
        except BadImageError as error:
            bad.add(file.name, str(error))
        else:
            images.append(image)
            labels.append(emotion)
            splits.append(split)
            sources.append(file.name)
    count = len(images)
    if not count:
        raise DataError(
            f"{path} holds no usable image in the layout train/happy/NAME.jpg; "
            f"expected the folders train and test with one folder each for {', '.join(EMOTIONS)}."
        )
    return FerDataset(
        images=np.stack(images).reshape(count, IMAGE_SIZE, IMAGE_SIZE, 1),
        labels=np.array(labels, dtype=np.int64),
        splits=np.array(splits, dtype=np.int8),
        sources=np.array(sources, dtype=np.str_),
        origin=str(path),
    )


def _content(file: _File) -> bytes:
    try:
        return file.read()
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise BadImageError(f"the file cannot be read ({error})") from None


def _place(name: str) -> tuple[int, int]:
    """Return the split and label codes of a file by its folders and its name's prefix."""
    *_, split_folder, emotion_folder, file_name = ("", "", *PurePosixPath(name).parts)
    split = SPLIT_FOLDERS.get(split_folder.lower())
    if split is None:
        raise BadImageError(
            f"it lies outside of the layout SPLIT/EMOTION/NAME (SPLIT one of {', '.join(SPLITS)})"
        )
    emotion = canonical_emotion(emotion_folder)
    if emotion is None:
        raise BadImageError(
            f"the folder {emotion_folder!r} is not an emotion, expected {', '.join(EMOTIONS)}"
        )
    if PurePosixPath(file_name).suffix.lower() not in IMAGE_SUFFIXES:
        raise BadImageError("the file is not an image")
    prefix = file_name.partition("_")[0]
    named_split = USAGE_TO_SPLIT.get(prefix, split)
    if (named_split == "train") != (split == "train"):
        raise BadImageError(f"its name says {prefix} but it lies in {split_folder}/")
    return SPLITS.index(named_split), EMOTIONS.index(emotion)
