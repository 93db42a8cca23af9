"""Own images with own class names: layouts that are read, and errors for the rest."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from ferkit.data.dataset import FerDataset
from ferkit.data.load import load_fer2013
from ferkit.errors import DataError
from ferkit.labels import EMOTIONS


def save(path: Path, *, size: tuple[int, int] = (48, 48), mode: str = "L", grey: int = 9) -> Path:
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, grey if mode == "L" else (grey, grey, grey)).save(path)
    return path


def make(folder: Path, **counts: int) -> Path:
    """Save the given number of images of each class, each class in a different grey."""
    for number, (name, count) in enumerate(counts.items()):
        for index in range(count):
            save(folder / name / f"{index}.png", grey=10 * number + index)
    return folder


def load(path: Path, **options: bool) -> FerDataset:
    return load_fer2013(path, own_classes=True, cache=False, **options)


def test_every_folder_is_a_class_known_ones_first(tmp_path: Path) -> None:
    data = load(make(tmp_path, bored=5, Happiness=5, zen=5, contempt=5, Angry=5))
    assert data.emotions == ("angry", "happy", "contempt", "bored", "zen")
    for source, label in zip(data.sources, data.labels, strict=True):
        folder = str(source).split("/")[0]
        expected = {"Happiness": "happy", "Angry": "angry"}.get(folder, folder)
        assert data.emotions[label] == expected


def test_a_fifth_of_each_class_is_drawn_for_each_split_with_a_note(tmp_path: Path) -> None:
    folder = make(tmp_path, bored=10, happy=15)
    data = load(folder)
    counts = data.counts()
    assert counts["train"] == {"happy": 9, "bored": 6}
    assert counts["validation"] == counts["test"] == {"happy": 3, "bored": 2}
    assert data.notes == (
        "These images have no test and no validation split: a fifth of each class was drawn from "
        "train with seed 0 (5 as test and 5 as validation).",
    )
    again, other = load(folder), load_fer2013(folder, own_classes=True, cache=False, seed=1)
    assert np.array_equal(again.splits, data.splits)
    assert not np.array_equal(other.splits, data.splits)


@pytest.mark.parametrize("count", [3, 4, 5, 7])
def test_few_images_leave_each_class_in_each_split(count: int, tmp_path: Path) -> None:
    counts = load(make(tmp_path, bored=count, happy=count)).counts()
    for split in ("train", "validation", "test"):
        assert min(counts[split].values()) >= 1
    assert sum(counts["train"].values()) >= sum(counts["test"].values())


def test_folders_of_splits_are_kept(tmp_path: Path) -> None:
    make(tmp_path / "train", bored=10, happy=10)
    make(tmp_path / "test", bored=2, happy=2)
    data = load(tmp_path)
    assert data.emotions == ("happy", "bored")
    assert data.sizes() == {"train": 16, "validation": 4, "test": 4}
    assert "have no validation split:" in data.notes[0]
    make(tmp_path / "val", bored=1, happy=1)
    assert load(tmp_path).sizes() == {"train": 20, "validation": 2, "test": 4}
    assert load(tmp_path).notes == ()


def test_a_zip_may_wrap_everything_in_one_folder(tmp_path: Path) -> None:
    make(tmp_path / "root" / "faces", bored=5, happy=6)
    archive = shutil.make_archive(str(tmp_path / "faces"), "zip", tmp_path / "root")
    data = load(Path(archive))
    assert data.emotions == ("happy", "bored")
    assert sum(data.sizes().values()) == 11


@pytest.mark.parametrize("below", ["", "train"])
def test_notes_beside_the_class_folders_of_a_wrapped_zip(below: str, tmp_path: Path) -> None:
    root = tmp_path / "root" / "faces"
    make(root / below, bored=5, happy=6)
    for name in ("README.txt", "labels.csv"):
        (root / name).write_text("mine")
    archive = shutil.make_archive(str(tmp_path / "faces"), "zip", tmp_path / "root")
    data = load(Path(archive))
    assert data.emotions == ("happy", "bored")
    assert sum(data.sizes().values()) == 11


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have Unicode names")
def test_the_name_of_a_class_can_be_written_into_any_file(tmp_path: Path) -> None:
    make(tmp_path, happy=3, bored=3)
    os.rename(tmp_path / "bored", os.fsencode(tmp_path) + b"/caf\xe9")
    assert load(tmp_path).emotions == ("happy", r"caf\xe9")


def test_a_folder_without_an_image_is_no_class(tmp_path: Path) -> None:
    make(tmp_path, bored=5, happy=5)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "todo.txt").write_text("mine")
    assert load(tmp_path, skip_bad=True).emotions == ("happy", "bored")


def test_nothing_is_drawn_from_images_that_are_only_to_be_measured_on(tmp_path: Path) -> None:
    data = load(make(tmp_path / "test", bored=2, happy=1).parent)
    assert data.sizes() == {"train": 0, "validation": 0, "test": 3}
    assert data.notes == ()


def test_fer2013_itself_reads_the_same_with_and_without(
    faces_folder: Path, tiny_dataset: FerDataset
) -> None:
    own, official = load(faces_folder), load_fer2013(faces_folder, cache=False)
    assert own.emotions == EMOTIONS
    assert np.array_equal(own.labels, official.labels)
    assert np.array_equal(own.splits, official.splits)


def test_fer2013_stays_as_strict_as_it_was(tmp_path: Path) -> None:
    make(tmp_path / "train", bored=3, happy=3)
    with pytest.raises(DataError, match="the folder 'bored' is not an emotion"):
        load_fer2013(tmp_path, cache=False)


def test_the_cache_keeps_both_readings_apart(tmp_path: Path) -> None:
    make(tmp_path / "train", sad=3, happy=3)
    make(tmp_path / "test", sad=3, happy=3)
    assert load_fer2013(tmp_path, own_classes=True).emotions == ("happy", "sad")
    assert load_fer2013(tmp_path).emotions == EMOTIONS
    assert load_fer2013(tmp_path, own_classes=True).emotions == ("happy", "sad")


def test_any_size_and_colour_with_a_note(tmp_path: Path) -> None:
    make(tmp_path, bored=4, happy=4)
    save(tmp_path / "bored" / "photo.jpg", size=(300, 200), mode="RGB", grey=77)
    with pytest.raises(DataError, match=r"bored/photo.jpg: expected 48x48 pixels.*convert=True"):
        load(tmp_path)
    data = load(tmp_path, convert=True)
    (index,) = np.flatnonzero(data.sources == "bored/photo.jpg")
    assert abs(int(data.images[index].mean()) - 77) <= 1
    assert data.notes[0] == (
        "1 of 9 images were made grey and 48x48 from their middle square; nobody looked for faces, "
        "so each picture "
        "should be cut to a face beforehand."
    )


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({"happy": 9}, r"holds images of one class alone \('happy'\); put them into two folders"),
        ({"happy": 9, "bored": 2}, "'bored' has 2 images in .*, but each class needs 3 or more"),
        ({}, "holds no usable image"),
    ],
)
def test_too_few_images_are_an_error(counts: dict[str, int], message: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=message) as caught:
        load(make(tmp_path, **counts))
    assert "\n" not in str(caught.value)


def test_files_out_of_place(tmp_path: Path) -> None:
    make(tmp_path, bored=5, happy=5)
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / "bored" / ".DS_Store").write_bytes(b"x")
    assert len(load(tmp_path)) == 10
    for name, message in (
        ("loose.png", "loose.png: it lies outside of the layout CLASS/NAME.jpg"),
        ("bored/deep/1.png", "bored/deep/1.png: it lies outside of the layout CLASS/NAME.jpg"),
        ("bored/photo.heic", "bored/photo.heic: the file is not an image"),
        ("bored/broken.png", "bored/broken.png: the file is not an image"),
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"not an image")
        with pytest.raises(DataError, match=message):
            load(tmp_path)
        left_out = load(tmp_path, skip_bad=True)
        assert [item.source for item in left_out.skipped] == [name]
        assert len(left_out) == 10
        path.unlink()
