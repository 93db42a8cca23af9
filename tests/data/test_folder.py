"""The folder layout, in a folder and in a zip."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ferkit.data.dataset import FerDataset, SkippedItem
from ferkit.data.load import load_fer2013
from ferkit.errors import DataError
from ferkit.labels import EMOTIONS


def load(path: Path, **options: bool) -> FerDataset:
    return load_fer2013(path, cache=False, **options)


def pack(folder: Path, inside: str = "") -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in folder.rglob("*"):
            archive.write(file, inside + file.relative_to(folder).as_posix())
    return path


def same(data: FerDataset, expected: FerDataset) -> bool:
    """Return whether both have the same images with equal label, split and source, in any order."""
    order, other = np.argsort(data.sources), np.argsort(expected.sources)
    return all(
        np.array_equal(getattr(data, name)[order], getattr(expected, name)[other])
        for name in ("images", "labels", "splits", "sources")
    )


def save(path: Path, value: int = 0, size: int = 48, mode: str = "L") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, (size, size), value).save(path)
    return path


def test_a_folder_and_its_zip_give_what_was_written(
    tiny_folder: Path, tiny_dataset: FerDataset
) -> None:
    assert same(load(tiny_folder), tiny_dataset)
    assert same(load(pack(tiny_folder)), tiny_dataset)


def test_a_zip_with_a_folder_around_it(tiny_folder: Path, tiny_dataset: FerDataset) -> None:
    data = load(pack(tiny_folder, inside="archive/fer2013/"))
    assert data.counts() == tiny_dataset.counts()
    assert data.sources[0].startswith("archive/fer2013/test/angry/")


def test_numbers_sort_as_numbers(tmp_path: Path) -> None:
    for number in (10, 9, 100):
        save(tmp_path / "train" / "happy" / f"Training_{number}.png")
    data = load(tmp_path)
    names = [source.rpartition("_")[2] for source in data.sources]
    assert names == ["9.png", "10.png", "100.png"]


def test_other_spellings_and_suffixes(tmp_path: Path) -> None:
    save(tmp_path / "Train" / "Happiness" / "a.JPG", 1)
    save(tmp_path / "val" / "ANGER" / "b.bmp", 2)
    save(tmp_path / "test" / "surprised" / "c.Jpeg", 3)
    assert [
        (int(image.mean()), EMOTIONS[label], int(split))
        for image, label, split in sorted(
            zip(*(lambda d: (d.images, d.labels, d.splits))(load(tmp_path)), strict=True),
            key=lambda item: item[0].mean(),
        )
    ] == [(1, "happy", 0), (2, "angry", 1), (3, "surprise", 2)]


SUFFIXES = ["jfif", "jpe", "avif", "pgm", "ppm", "pbm", "jp2", "tga", "dib", "heic", "pnm", "gif"]


def test_every_picture_that_predict_reads_can_be_learned_from(tmp_path: Path) -> None:
    from PIL import Image

    pytest.importorskip("pillow_heif").register_heif_opener()
    kinds = {"jfif": "JPEG", "jpe": "JPEG", "jp2": "JPEG2000", "dib": "BMP", "heic": "HEIF"}
    for number, suffix in enumerate(SUFFIXES):
        mode = {"pbm": "1", "ppm": "RGB"}.get(suffix, "L")
        path = tmp_path / "train" / "happy" / f"Training_{number}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = kinds.get(suffix, "PPM" if suffix[0] == "p" else suffix.upper())
        Image.new("L", (48, 48), 255).convert(mode).save(path, kind)
    data = load(tmp_path, convert=True)
    assert len(data.images) == len(SUFFIXES)
    assert data.images.min() >= 250


def test_without_prefixes_a_tenth_of_train_becomes_validation_and_it_says_so(
    tmp_path: Path,
) -> None:
    for emotion in ("happy", "sad"):
        for number in range(20):
            save(tmp_path / "train" / emotion / f"{number}.png")
        save(tmp_path / "test" / emotion / "1.png")
    data = load(tmp_path)
    assert data.sizes() == {"train": 36, "validation": 4, "test": 2}
    assert data.counts()["validation"]["happy"] == 2
    assert data.notes == (
        "This data set has no validation split: 4 images, a stratified tenth of train drawn "
        "with seed 0, serve as one.",
    )


def test_leftovers_of_tools_are_ignored(tiny_folder: Path, tiny_dataset: FerDataset) -> None:
    for name in (
        *("README.md", "LICENSE", ".complete/x", "train/.DS_Store", "train/happy/Thumbs.db"),
        *("__MACOSX/train/happy/._1.png", "train/happy/._1.png", "train/happy/.hidden/a.png"),
    ):
        path = tiny_folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"?")
    assert same(load(tiny_folder), tiny_dataset)
    assert same(load(pack(tiny_folder)), tiny_dataset)


def broken(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


COLOUR = "expected an 8-bit grey image, found a colour one"
BAD = {
    "empty": ("train/happy/Training_0.png", broken(b""), "the file is empty"),
    "broken": (
        "train/happy/Training_0.png",
        broken(b"\x89PNG\r\n\x1a\n"),
        "the file is not an image",
    ),
    "text": ("train/happy/Training_0.png", broken(b"hello"), "the file is not an image"),
    "another suffix": ("train/happy/notes.txt", broken(b"hello"), "the file is not an image"),
    "size": (
        "test/sad/PublicTest_0.png",
        lambda path: save(path, size=64),
        "expected 48x48 pixels, found 64x64",
    ),
    "colour": ("test/sad/PublicTest_0.png", lambda path: save(path, mode="RGB"), COLOUR),
    "emotion": (
        "train/joyous/Training_0.png",
        save,
        "the folder 'joyous' is not an emotion, expected angry, disgust, fear, happy, sad, "
        "surprise, neutral",
    ),
    "split": (
        "extra/happy/Training_0.png",
        save,
        "it lies outside of the layout SPLIT/EMOTION/NAME.jpg, where SPLIT is train, validation or "
        "test",
    ),
    "too deep": (
        "train/happy/more/Training_0.png",
        save,
        "it lies outside of the layout SPLIT/EMOTION/NAME.jpg, where SPLIT is train, validation or "
        "test",
    ),
    "name and split disagree": (
        "train/happy/PublicTest_0.png",
        save,
        "its name says PublicTest, but it lies in train/",
    ),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("case", list(BAD))
def test_a_bad_file_is_named(
    tiny_folder: Path, tiny_dataset: FerDataset, case: str, packed: bool
) -> None:
    name, make, reason = BAD[case]
    (tiny_folder / name).parent.mkdir(parents=True, exist_ok=True)
    make(tiny_folder / name)
    source = pack(tiny_folder) if packed else tiny_folder
    with pytest.raises(DataError) as caught:
        load(source)
    assert str(caught.value).startswith(f"{name}: {reason}. ")
    assert "skip_bad=True" in str(caught.value)
    assert ("convert=True" in str(caught.value)) == (case in ("size", "colour"))
    data = load(source, skip_bad=True)
    assert same(data, tiny_dataset)
    assert data.skipped == (SkippedItem(name, reason),)


def test_convert_takes_colour_and_size(tiny_folder: Path) -> None:
    save(tiny_folder / "train/happy/Training_0.png", mode="RGB", size=100)
    assert len(load(tiny_folder, convert=True)) == 85


def test_a_zip_member_with_a_bad_checksum_is_one_bad_item(
    tiny_folder: Path, tiny_dataset: FerDataset
) -> None:
    path = pack(tiny_folder)
    with zipfile.ZipFile(path) as archive:
        first = next(info for info in archive.infolist() if not info.is_dir())
    content = bytearray(path.read_bytes())
    content[first.header_offset + 30 + len(first.filename) + 100] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"{first.filename}: the file cannot be read"):
        load(path)
    assert [item.source for item in load(path, skip_bad=True).skipped] == [first.filename]


@pytest.mark.parametrize("damage", ["cut", "empty", "other"])
def test_a_damaged_zip_is_one_sentence(tiny_folder: Path, damage: str) -> None:
    path = pack(tiny_folder)
    content = path.read_bytes()
    path.write_bytes({"cut": content[:-2000], "empty": b"", "other": b"no zip" * 100}[damage])
    with pytest.raises(DataError, match=r"tiny\.zip is cut off or not the \.zip file"):
        load(path)


def test_a_zip_of_images_with_a_table_of_something_else_is_images(tiny_folder: Path) -> None:
    (tiny_folder / "labels.csv").write_text("file,label\n")
    assert len(load(pack(tiny_folder))) == 84


@pytest.mark.parametrize(
    "name", ["naïve 😀 face.png", "a;b'c\"d%20.png", "-rf.png", "x" * 200 + ".png"]
)
def test_odd_names(tiny_folder: Path, name: str) -> None:
    save(tiny_folder / "train" / "happy" / name)
    for source in (tiny_folder, pack(tiny_folder)):
        assert f"train/happy/{name}" in load(source).sources


@pytest.mark.skipif(os.name == "nt", reason="needs names that are any bytes")
def test_a_name_that_is_no_text_is_read_and_can_be_printed(tiny_folder: Path) -> None:
    path = save(tiny_folder / "train" / "happy" / "Training_0.png")
    os.rename(os.fsencode(path), os.fsencode(path.parent) + b"/caf\xe9.png")
    data = load_fer2013(tiny_folder)
    assert r"train/happy/caf\xe9.png" in data.sources
    assert r"train/happy/caf\xe9.png" in load_fer2013(tiny_folder).sources, "from the cache too"


def test_linked_folders_are_read_and_loops_end(
    tiny_folder: Path, tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (tiny_folder / "train").rename(elsewhere)
    (tiny_folder / "train").symlink_to(elsewhere)
    (elsewhere / "happy" / "loop").symlink_to(tiny_folder)
    (tiny_folder / "again").symlink_to(tiny_folder)
    data = load_fer2013(tiny_folder)
    assert same(data, tiny_dataset)


def test_a_link_to_nothing_is_a_bad_item(tiny_folder: Path) -> None:
    (tiny_folder / "train" / "happy" / "Training_0.png").symlink_to(tiny_folder / "gone")
    with pytest.raises(DataError, match=r"Training_0\.png: the file cannot be read \(No such file"):
        load(tiny_folder)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read it all")
def test_an_unreadable_file_or_folder_is_named(tiny_folder: Path) -> None:
    file = tiny_folder / "train" / "happy" / "Training_0.png"
    save(file).chmod(0)
    with pytest.raises(DataError, match=r"Training_0\.png: the file cannot be read \(Permission"):
        load(tiny_folder)
    (tiny_folder / "train" / "happy").chmod(0)
    try:
        with pytest.raises(DataError, match=r"Cannot list the folder .*happy"):
            load(tiny_folder)
    finally:
        (tiny_folder / "train" / "happy").chmod(0o755)


@pytest.mark.parametrize("make", [lambda path: None, lambda path: save(path / "cats" / "1.png")])
def test_another_folder_is_refused_as_a_whole(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    make(tmp_path)
    with pytest.raises(DataError, match=r"does not hold images as train/happy/NAME\.jpg"):
        load(tmp_path)


def test_one_level_too_deep_names_the_right_folder(tiny_folder: Path) -> None:
    with pytest.raises(DataError, match=rf"give {tiny_folder} instead"):
        load(tiny_folder / "train")


def test_an_empty_split_is_named_where_it_is_needed(
    make_patterns: Callable[..., FerDataset],
    write_images: Callable[[FerDataset, Path], Path],
    tmp_path: Path,
) -> None:
    folder = write_images(make_patterns({"train": 3}), tmp_path / "faces")
    (folder / "test" / "happy").mkdir(parents=True)
    data = load(folder)
    with pytest.raises(DataError, match=r"The split 'test' of .*faces is empty; .*'test': 0"):
        data.split("test")
    assert data.sizes() == {"train": 14, "validation": 7, "test": 0}


def test_folders_without_any_file(tmp_path: Path) -> None:
    (tmp_path / "train" / "happy").mkdir(parents=True)
    with pytest.raises(DataError, match="does not hold images as"):
        load(tmp_path)


def test_nothing_but_bad_files(tmp_path: Path) -> None:
    save(tmp_path / "train" / "happy" / "1.png", size=10)
    with pytest.raises(DataError, match=r"no usable image: all 1 items were skipped .*10x10"):
        load(tmp_path, skip_bad=True)
