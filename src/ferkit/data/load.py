"""`load_fer2013`: one reader for all layouts of FER-2013."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from ferkit.data import npz
from ferkit.data.bad_items import BadItems
from ferkit.data.cache import cache_file, try_load, try_save
from ferkit.data.dataset import FerDataset
from ferkit.data.ferplus import read_ferplus
from ferkit.data.ferplus_labels import require_labels, with_ferplus_labels
from ferkit.data.folder import read_folder, read_folder_zip
from ferkit.data.own_classes import draw_splits, require_classes
from ferkit.data.sniffing import find_table, layout_of
from ferkit.data.splitting import ensure_test, ensure_validation, note_missing_test
from ferkit.data.table import read_table
from ferkit.errors import DataError

# Modules that read files of their own kind: `accepts(path)`, and `read(path, bad)`.
_READERS = (npz,)


def load_fer2013(
    path: str | os.PathLike[str] = "auto",
    *,
    skip_bad: bool = False,
    convert: bool = False,
    cache: bool = True,
    seed: int = 0,
    labels: str = "fer2013",
    ferplus: str | os.PathLike[str] | None = None,
    own_classes: bool = False,
    draw_test: bool = False,
) -> FerDataset:
    """Read FER-2013, or images in its layout, from wherever they are.

    Reads the Kaggle folder layout (a folder, or a zip without unpacking it), the tables
    `fer2013.csv`, `icml_face_data.csv` and `train.csv` (also inside `.gz`, `.xz`, `.zip`,
    `.tar.gz` or a folder), and ferkit's own `.npz`; the content decides if the name does not.
    Source: Goodfellow et al., "Challenges in Representation Learning: A report on three
    machine learning contests", ICONIP 2013.

    Args:
        path: A file or folder, or `"auto"`: the environment variable `FERKIT_DATA`, else the
            downloaded copy, else a download from Kaggle. Defaults to `"auto"`.
        skip_bad: Leave out unusable items and list them in `skipped`, instead of raising.
            Defaults to False.
        convert: Convert colour images and other sizes to 48x48 grey pixels instead of raising.
            Defaults to False.
        cache: Keep the data in the cache folder (`FERKIT_CACHE`), keyed by path, size and
            time. Defaults to True.
        seed: Draws the validation split if the data has none. Defaults to 0.
        labels: `"fer2013"`, the data's own; `"ferplus-majority"`, the emotion that most of FER+'s
            ten people saw; or `"ferplus-votes"`, which gives the training images the shares of
            their votes as `targets`, and the others their majority. With FER+ there are eight
            labels, contempt last. Defaults to `"fer2013"`.
        ferplus: Microsoft's `fer2013new.csv`, for the labels of FER+. Defaults to None.
        own_classes: Take every folder name for a class, and images in `CLASS/FILE` without a folder
            for the split; a seeded fifth of each class then serves as validation, another as test.
            Defaults to False: folders must have the names of the seven emotions.
        draw_test: Set a seeded tenth of train aside as test if the data has none. Defaults to
            False: there are no test figures then, and `notes` say so. Own classes always get one.

    Returns:
        A `FerDataset`: images `uint8` `(n, 48, 48, 1)` 0..255, labels `int64` `(n,)`, split and
        source of each.

    Raises:
        DataError: The path does not exist, has no known layout, or holds a bad item and `skip_bad`
            is false; or FER+ does not match.
        UsageError: There are no such labels, or they need a file of FER+.

    Example:
        >>> from ferkit.synthetic.synthesize import synthesize
        >>> import tempfile
        >>> folder = synthesize(tempfile.mkdtemp() + "/faces", per_class=2, seed=1)
        >>> load_fer2013(folder, cache=False).images.shape
        (28, 48, 48, 1)
    """
    require_labels(labels, ferplus)
    if os.fspath(path) == "auto":
        from ferkit.data.auto import find_data

        path = find_data()
    path = Path(path).expanduser()
    _check_there(path)
    cached = None
    if cache and path.suffix.lower() != ".npz":
        options = {"own_classes": True} if own_classes else {}
        cached = cache_file(path, skip_bad=skip_bad, convert=convert, **options)
    dataset = try_load(cached) if cached else None
    if dataset is None:
        dataset = _read(path, BadItems(skip_bad), convert, own_classes)
        if cached:
            try_save(cached, dataset)
    # The cache may know the same place by another path (from another working folder, say).
    dataset = replace(dataset, origin=str(path))
    if ferplus:
        dataset = with_ferplus_labels(dataset, read_ferplus(ferplus), labels)
    if own_classes:
        require_classes(dataset)
        return draw_splits(dataset, seed)
    if draw_test:
        dataset = ensure_test(dataset, seed)
    return note_missing_test(ensure_validation(dataset, seed))


def _check_there(path: Path) -> None:
    try:
        path.stat()
    except FileNotFoundError:
        raise DataError(
            f"There is no file or folder {path}; give the Kaggle folder or zip, or fer2013.csv, "
            "or fetch the data with: ferkit data download"
        ) from None
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror or error}.") from error


def _read(path: Path, bad: BadItems, convert: bool, own_classes: bool) -> FerDataset:
    for reader in _READERS:
        if reader.accepts(path):
            return _checked(reader.read(path, bad), path, bad)
    layout = layout_of(path)
    if layout == "folder" and not own_classes and (table := find_table(path)):
        dataset = read_table(table, bad)
    elif layout == "folder":
        dataset = read_folder(path, bad, convert=convert, own_classes=own_classes)
    elif layout == "zip":
        dataset = read_folder_zip(path, bad, convert=convert, own_classes=own_classes)
    elif layout == "table":
        dataset = read_table(path, bad)
    else:
        raise DataError(
            f"{path} is none of the layouts that ferkit reads: a folder or zip with train/ and "
            "test/, a FER-2013 table (.csv, also inside .gz, .xz, .zip or .tar.gz), or a .npz of "
            "ferkit's."
        )
    return _checked(dataset, path, bad)


def _checked(dataset: FerDataset, path: Path, bad: BadItems) -> FerDataset:
    """Return the data set with the items that were skipped.

    Raises:
        DataError: It has no image.
    """
    if not len(dataset):
        reason = f"all {len(bad.items)} items were skipped" if bad.items else "it is empty"
        example = f" ({bad.items[0].source}: {bad.items[0].reason})" if bad.items else ""
        raise DataError(f"{path} holds no usable image: {reason}{example}.")
    return replace(dataset, skipped=(*dataset.skipped, *bad.items))
