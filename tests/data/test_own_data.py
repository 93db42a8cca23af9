"""Less common layouts of FER-2013."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ferkit.data.dataset import FerDataset
from ferkit.data.load import load_fer2013
from ferkit.data.sniffing import layout_of
from ferkit.data.splitting import ensure_test, note_missing_test
from ferkit.data.unlabelled import is_pixel_table, read_faces
from ferkit.errors import DataError

FACES = np.random.default_rng(3).integers(0, 256, (6, 48, 48)).astype(np.uint8)
NO_TEST = "has no test split, so there is no test figure"


def rows(columns: str, count: int = 6) -> str:
    """Return a table; `columns` is its header."""
    lines = [columns]
    for index in range(count):
        pixels = '"' + " ".join(map(str, FACES[index].ravel())) + '"'
        values = {"emotion": str(index % 2), "pixels": pixels, "Usage": "Training"}
        lines.append(",".join(values[name] for name in columns.split(",")))
    return "\n".join(lines) + "\n"


def load(path: Path, **options: bool) -> FerDataset:
    return load_fer2013(path, cache=False, **options)


def test_train_and_validation_without_test(tiny_folder: Path) -> None:
    (tiny_folder / "test").rename(tiny_folder / "validation")
    for file in tiny_folder.glob("validation/*/*.png"):
        file.rename(file.with_name(file.stem.partition("_")[2] + ".png"))
    below = tiny_folder.parent / "archive"
    below.mkdir()
    tiny_folder.rename(below / "images")
    data = load(below)
    assert data.sizes() == {"train": 56, "validation": 28, "test": 0}
    assert NO_TEST in data.notes[-1]

    drawn = load(below, draw_test=True)
    assert drawn.sizes() == {"train": 49, "validation": 28, "test": 7}
    assert drawn.notes == (
        "This data set has no test split: 7 images, a stratified tenth of train drawn with seed "
        "0, serve as one.",
    )
    assert np.bincount(drawn.split("test").labels).tolist() == [1] * 7


def test_a_single_image_is_not_said_to_be_split(tmp_path: Path) -> None:
    table = tmp_path / "fer2013.csv"
    table.write_text(rows("emotion,pixels", count=1))
    (note,) = load(table).notes
    assert NO_TEST in note


def test_a_test_split_is_drawn_by_the_seed_and_never_in_place_of_one(
    tiny_dataset: FerDataset,
) -> None:
    without = tiny_dataset.select(tiny_dataset.splits != 2)
    first, again, other = (ensure_test(without, seed).splits for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert ensure_test(tiny_dataset, 0) is tiny_dataset
    assert note_missing_test(tiny_dataset) is tiny_dataset
    only_test = tiny_dataset.select(tiny_dataset.splits == 2)
    assert note_missing_test(only_test) is only_test


@pytest.mark.parametrize("columns", ["emotion,pixels", "emotion,pixels,Usage"])
def test_a_table_of_training_rows_alone(tmp_path: Path, columns: str) -> None:
    (tmp_path / "train.csv").write_text(rows(columns))
    data = load(tmp_path / "train.csv")
    assert data.sizes() == {"train": 4, "validation": 2, "test": 0}
    assert (data.images[..., 0] == FACES).all()
    assert data.labels.tolist() == [0, 1, 0, 1, 0, 1]
    assert NO_TEST in data.notes[-1]


def test_a_table_without_labels_names_predict(tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text(rows("pixels"))
    with pytest.raises(DataError, match=r"no column emotion.*with: ferkit predict .*test\.csv$"):
        load(tmp_path / "test.csv")


@pytest.mark.parametrize("place", ["train.csv", "fer2013/fer2013.csv"])
def test_a_folder_with_a_table(tmp_path: Path, place: str) -> None:
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text(rows("emotion,pixels"))
    (tmp_path / "test.csv").write_text(rows("pixels"))
    assert (load(tmp_path).images[..., 0] == FACES).all()


@pytest.mark.parametrize("name", ["fer2013.tar.gz", "fer2013.tgz", "fer2013.tar", "download"])
def test_a_tar_of_the_challenge(tmp_path: Path, name: str) -> None:
    table = tmp_path / "fer2013.csv"
    table.write_text(rows("emotion,pixels,Usage"))
    with tarfile.open(tmp_path / name, "w:" if name.endswith(".tar") else "w:gz") as tar:
        tar.add(__file__, "fer2013/README")
        tar.add(table, "fer2013/fer2013.csv")
    assert (load(tmp_path / name).images[..., 0] == FACES).all()


def test_a_tar_without_a_table(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "faces.tar.gz", "w:gz") as tar:
        tar.add(__file__, "README")
    with pytest.raises(DataError, match="holds no FER-2013 table; unpack it"):
        load(tmp_path / "faces.tar.gz")
    (tmp_path / "cut.tar.gz").write_bytes((tmp_path / "faces.tar.gz").read_bytes()[:50])
    with pytest.raises(DataError, match=r"cut off or not the \.gz file"):
        load(tmp_path / "cut.tar.gz")


def test_files_without_a_suffix(tiny_folder: Path, tiny_dataset: FerDataset) -> None:
    for file in tiny_folder.rglob("*.png"):
        file.rename(file.with_suffix(""))
    (tiny_folder / "LICENSE").write_text("not an image, and in no class")
    assert load(tiny_folder).counts() == tiny_dataset.counts()

    table = tiny_folder.parent / "fer2013"
    table.write_text(rows("emotion,pixels"))
    assert layout_of(table) == "table"
    assert len(load(table)) == 6


def test_archives_without_a_suffix(tiny_folder: Path, tiny_dataset: FerDataset) -> None:
    archive = tiny_folder.parent / "archive"
    with zipfile.ZipFile(archive, "w") as file:
        for path in tiny_folder.rglob("*.png"):
            file.write(path, path.relative_to(tiny_folder))
    assert layout_of(archive) == "zip"
    assert load(archive).counts() == tiny_dataset.counts()


def test_a_zip_with_backslashes(tiny_folder: Path, tiny_dataset: FerDataset) -> None:
    # As PowerShell 5 writes it; ZipInfo would turn them into slashes on Windows.
    path = tiny_folder.parent / "windows.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in tiny_folder.rglob("*"):
            name = str(file.relative_to(tiny_folder.parent)).replace("/", "\\")
            info = zipfile.ZipInfo()
            info.filename = name if file.is_file() else name + "\\"
            archive.writestr(info, file.read_bytes() if file.is_file() else b"")
    data = load(path)
    assert data.counts() == tiny_dataset.counts()
    assert str(data.sources[0]).startswith("tiny/test/angry/P")
    assert len(load(path, own_classes=True)) == len(tiny_dataset)


def test_class_folders_without_a_split_name_finetune(tiny_folder: Path) -> None:
    classes = tiny_folder.parent / "classes"
    (tiny_folder / "train").rename(classes)
    with pytest.raises(DataError, match=r"classes without a split: .* with: ferkit finetune$"):
        load(classes)


def test_faces_of_a_table_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "test.csv"
    lines = rows("pixels").splitlines()
    path.write_text("\n".join([*lines[:3], '"1 2 3"', "", lines[3]]) + "\n")
    assert is_pixel_table(path)
    found = list(read_faces(path))
    assert [line for line, _, _ in found] == [2, 3, 4, 6]
    assert found[2][1:] == (None, "expected 2304 pixels (48x48), found 3")
    for (_, face, problem), wanted in zip([found[0], found[1], found[3]], FACES, strict=False):
        assert problem is None
        assert (face == wanted).all()
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    assert not is_pixel_table(tmp_path / "other.csv")
    assert not is_pixel_table(tmp_path / "photo.jpg")
