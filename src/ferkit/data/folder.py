"""Images in the Kaggle folder layout, `train/happy/Training_123.jpg`, in a folder or inside
a zip.
"""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from ferkit.data.bad_items import BadItems
from ferkit.data.dataset import FerDataset
from ferkit.data.image_files import BadImageError, ConvertibleImageError, decode_image
from ferkit.data.layout import SPLIT_FOLDERS, Place, is_litter, natural_order, place_of, printable
from ferkit.data.own_classes import OwnLayout
from ferkit.data.table import open_zip
from ferkit.data.walk import walk_files
from ferkit.errors import DataError
from ferkit.labels import EMOTIONS, IMAGE_SIZE, canonical_emotion

_CONVERT_ADVICE = (
    "Turn such images into 48x48 grey ones with convert=True, or leave them out with skip_bad=True"
)


def read_folder(
    path: Path, bad: BadItems, *, convert: bool, own_classes: bool = False
) -> FerDataset:
    """Read a folder of `train/` and `test/` (and `validation/`) with one folder per emotion.

    With `own_classes`, folders may have any name, and those of splits may be missing.

    Raises:
        DataError: There is no such layout, or a bad file that is not skipped.
    """
    names = [file.name for file in walk_files(path)]
    read = _read_own if own_classes else _read_fer2013
    return read(path, names, lambda name: (path / name).read_bytes(), bad, convert)


def read_folder_zip(
    path: Path, bad: BadItems, *, convert: bool, own_classes: bool = False
) -> FerDataset:
    """Read the same layout from a zip file, without unpacking it.

    Raises:
        DataError: The zip is broken or holds no such layout, or a bad file that is not skipped.
    """
    with open_zip(path) as archive:
        members = _by_name(archive)
        read = _read_own if own_classes else _read_fer2013
        return read(path, members, lambda name: archive.read(members[name]), bad, convert)


def _by_name(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    r"""Return the files of a zip by their paths with `/`; PowerShell 5 writes `\\`."""
    named = {info.filename.replace("\\", "/"): info for info in archive.infolist()}
    return {name: info for name, info in named.items() if not name.endswith("/")}


_ReadFile = Callable[[str], bytes]


def _read_fer2013(
    path: Path, names: Iterable[str], read: _ReadFile, bad: BadItems, convert: bool
) -> FerDataset:
    chosen = [name for name in names if not is_litter(name)]
    _check_layout(path, chosen)
    return _read(path, chosen, place_of, read, bad, convert)


def _read_own(
    path: Path, names: Iterable[str], read: _ReadFile, bad: BadItems, convert: bool
) -> FerDataset:
    layout = OwnLayout(list(names))
    return _read(path, layout.names, layout.place_of, read, bad, convert, layout.classes)


def _read(
    path: Path,
    names: Iterable[str],
    place_of: Callable[[str], Place],
    read: _ReadFile,
    bad: BadItems,
    convert: bool,
    emotions: tuple[str, ...] = EMOTIONS,
) -> FerDataset:
    images: list[np.ndarray] = []
    labels: list[int] = []
    splits: list[int] = []
    sources: list[str] = []
    converted = 0
    with warnings.catch_warnings():
        # Pillow warns on the terminal about what it can read all the same; what it cannot read is
        # reported.
        warnings.simplefilter("ignore")
        for name in sorted(names, key=natural_order):
            source = printable(name)
            try:
                place = place_of(name)
                content = _content(read, name)
                image, was_converted = _decode(content, convert)
            except ConvertibleImageError as error:
                bad.add(source, str(error), _CONVERT_ADVICE)
            except BadImageError as error:
                bad.add(source, str(error))
            else:
                images.append(image)
                labels.append(place.emotion)
                splits.append(place.split)
                sources.append(source)
                converted += was_converted
    count = len(images)
    return FerDataset(
        images=np.array(images, np.uint8).reshape(count, IMAGE_SIZE, IMAGE_SIZE, 1),
        labels=np.array(labels, dtype=np.int64),
        splits=np.array(splits, dtype=np.int8),
        sources=np.array(sources, dtype=np.str_),
        emotions=emotions,
        origin=str(path),
        notes=(_conversion_note(converted, count),) if converted else (),
    )


def _decode(content: bytes, convert: bool) -> tuple[np.ndarray, bool]:
    """Return the image, and whether it had to be converted."""
    try:
        return decode_image(content), False
    except ConvertibleImageError:
        if not convert:
            raise
    return decode_image(content, convert=True), True


def _conversion_note(converted: int, count: int) -> str:
    return (
        f"{converted:,} of {count:,} images were made grey and {IMAGE_SIZE}x{IMAGE_SIZE} from "
        "their middle square; "
        "nobody looked for faces, so each picture should be cut to a face beforehand."
    )


def _check_layout(path: Path, names: list[str]) -> None:
    """Complain once about a source that is something else altogether, rather than about
    each file.
    """
    if any(part.lower() in SPLIT_FOLDERS for name in names for part in name.split("/")[:-1]):
        return
    if path.name.lower() in SPLIT_FOLDERS:
        advice = f"give {path.parent} instead"
    elif any(canonical_emotion(part) for name in names for part in name.split("/")[:-1]):
        advice = (
            "its folders are classes without a split: put them into train/, or train on them as "
            "they are with: ferkit finetune"
        )
    else:
        advice = "is this the right place?"
    raise DataError(
        f"{path} does not hold images as train/happy/NAME.jpg and test/happy/NAME.jpg, "
        f"with one folder each for {', '.join(EMOTIONS)}; {advice}"
    )


def _content(read: Callable[[str], bytes], name: str) -> bytes:
    try:
        return read(name)
    # A zip member can also be encrypted (RuntimeError) or packed in a way unknown here
    # (NotImplementedError).
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadImageError(f"the file cannot be read ({reason})") from None
