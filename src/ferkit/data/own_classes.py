"""Own images with own class names: `CLASS/FILE`, or `SPLIT/CLASS/FILE`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ferkit.data.dataset import FerDataset
from ferkit.data.ferplus import FERPLUS_EMOTIONS
from ferkit.data.image_files import BadImageError
from ferkit.data.layout import (
    SPLIT_FOLDERS,
    Place,
    has_image_suffix,
    is_litter,
    may_be_image,
    named_split,
    printable,
)
from ferkit.errors import DataError
from ferkit.labels import SPLITS, canonical_emotion


class OwnLayout:
    """Class and split of the files of a folder in which every folder name is a class.

    Names of the seven emotions are understood in their usual spellings (`Happiness` is happy); all
    others stay as they are. The classes are in the order of the seven emotions and contempt, own
    ones after them by name.

    Args:
        names: Paths of all files, with `/`.

    Raises:
        DataError: They lie in no folders, or in a single one.

    Example:
        >>> layout = OwnLayout(["bored/1.jpg", "Happiness/2.jpg", "bored/3.jpg"])
        >>> layout.classes, layout.place_of("bored/3.jpg")
        (('happy', 'bored'), Place(split=0, emotion=1))
    """

    def __init__(self, names: Sequence[str]) -> None:
        wanted = [name for name in names if not is_litter(name, keep_other_files=True)]
        self._depth = 1 if _share_a_root(wanted) else 0
        # A note next to the class folders is not an error; one in them is.
        self.names = [name for name in wanted if self._folders(name) or has_image_suffix(name)]
        images = (name for name in self.names if self._fits(name) and may_be_image(_file(name)))
        found = {_class_name(self._folders(name)[-1]) for name in images}
        known = [name for name in FERPLUS_EMOTIONS if name in found]
        self.classes = (*known, *sorted(found.difference(known)))

    def place_of(self, name: str) -> Place:
        """Return split and class of a file; what is in no split folder counts as train.

        Raises:
            BadImageError: The path is not in the layout.
        """
        if not self._fits(name):
            raise BadImageError(
                "it lies outside of the layout CLASS/NAME.jpg or SPLIT/CLASS/NAME.jpg"
            )
        *split_folders, class_folder = self._folders(name)
        file = _file(name)
        if not may_be_image(file):
            raise BadImageError("the file is not an image")
        split = named_split(split_folders[0], file) if split_folders else "train"
        return Place(SPLITS.index(split), self.classes.index(_class_name(class_folder)))

    def _folders(self, name: str) -> list[str]:
        return name.split("/")[self._depth : -1]

    def _fits(self, name: str) -> bool:
        folders = self._folders(name)
        return len(folders) == 1 or (len(folders) == 2 and folders[0].lower() in SPLIT_FOLDERS)


def require_classes(dataset: FerDataset) -> None:
    """Check that there are at least two classes.

    Raises:
        DataError: There are fewer than two classes.
    """
    if len(dataset.emotions) < 2:
        only = (
            f"of one class alone ('{dataset.emotions[0]}')"
            if dataset.emotions
            else "in no class folder"
        )
        raise DataError(
            f"{dataset.origin} holds images {only}; put them into two folders or more, one for "
            "each class."
        )


def draw_splits(dataset: FerDataset, seed: int, fraction: float = 0.2) -> FerDataset:
    """Return `dataset` with the validation and test split that it lacks, drawn from train.

    A fifth of each class, one image at the least, goes into each; the choice depends on `seed` and
    the order of the images alone, and `notes` say what was done. Without train, as in a folder that
    is only to be measured on, nothing is drawn.

    Raises:
        DataError: A class has too few images for that.
    """
    from dataclasses import replace

    sizes = dataset.sizes()
    lacking = [name for name in ("test", "validation") if not sizes[name]]
    if not lacking or not sizes["train"]:
        return dataset
    rng = np.random.default_rng(seed)
    splits = dataset.splits.copy()
    for label, emotion in enumerate(dataset.emotions):
        members = np.flatnonzero(
            (dataset.splits == SPLITS.index("train")) & (dataset.labels == label)
        )
        if len(members) < 1 + len(lacking):
            raise DataError(
                f"'{emotion}' has {len(members)} images in {dataset.origin}, but each class needs "
                f"{1 + len(lacking)} or "
                f"more, since images for {' and '.join(lacking)} are taken from them; add some, or "
                "leave the folder out."
            )
        count = max(1, round(len(members) * fraction))
        count = min(count, (len(members) - 1) // len(lacking))
        drawn = rng.permutation(members)
        for index, name in enumerate(lacking):
            splits[drawn[index * count : (index + 1) * count]] = SPLITS.index(name)
    moved = " and ".join(
        f"{int((splits == SPLITS.index(name)).sum()):,} as {name}" for name in lacking
    )
    note = (
        f"These images have no {' and no '.join(lacking)} split: a fifth of each class was drawn "
        f"from train with seed {seed} ({moved})."
    )
    return replace(dataset, splits=splits, notes=(*dataset.notes, note))


def _class_name(folder: str) -> str:
    folder = folder.strip()
    if folder.lower() == "contempt":
        return "contempt"
    return canonical_emotion(folder) or printable(folder)


def _file(name: str) -> str:
    return name.rpartition("/")[2]


def _share_a_root(names: Sequence[str]) -> bool:
    """Return whether all images lie in folders of one folder, which is a zip's own name rather than
    a class.
    """
    images = [name for name in names if has_image_suffix(name)] or names
    parts = [name.split("/") for name in images]
    roots = {part[0] for part in parts}
    return (
        len(roots) == 1
        and all(len(part) > 2 for part in parts)
        and next(iter(roots)).lower() not in SPLIT_FOLDERS
    )
