"""FER+ on FER-2013: votes matched to images, the exact protocol, and errors for other data."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ferkit.data.dataset import FerDataset, SkippedItem
from ferkit.data.ferplus import FERPLUS_EMOTIONS, VOTE_COLUMNS
from ferkit.data.load import load_fer2013
from ferkit.data.npz import load_npz, save_npz
from ferkit.errors import DataError, UsageError
from ferkit.labels import EMOTIONS, SPLITS

USAGES = ("Training", "PublicTest", "PrivateTest")

# Of each image: votes by column, and what becomes of it.
VOTES = (
    ({"happiness": 8, "neutral": 2}, "happy"),
    ({"sadness": 5, "fear": 5}, None),
    ({"contempt": 9, "NF": 1}, "contempt"),
    ({"NF": 10}, None),
    ({"anger": 7, "disgust": 3}, "angry"),
    ({"neutral": 10}, "neutral"),
)


def write_votes(path: Path, usages: list[str], votes: list[dict[str, int]]) -> Path:
    """Write `votes` as a file of FER+."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("Usage", "Image name", *VOTE_COLUMNS))
        for row, (usage, counts) in enumerate(zip(usages, votes, strict=True)):
            writer.writerow((usage, f"fer{row:07d}.png", *(counts.get(c, 0) for c in VOTE_COLUMNS)))
    return path


def write_table(path: Path, dataset: FerDataset, *, blank_line: bool = False) -> Path:
    """Write `dataset` as `fer2013.csv`, in its own order."""
    lines = ["emotion,pixels,Usage"]
    for image, label, split in zip(dataset.images, dataset.labels, dataset.splits, strict=True):
        lines.append(f"{label},{' '.join(map(str, image.ravel()))},{USAGES[split]}")
    if blank_line:
        lines.insert(2, "")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def votes_file(tiny_dataset: FerDataset, tmp_path: Path) -> Path:
    usages = [USAGES[split] for split in tiny_dataset.splits]
    votes = [VOTES[row % len(VOTES)][0] for row in range(len(tiny_dataset))]
    return write_votes(tmp_path / "fer2013new.csv", usages, votes)


def expected_rows(dataset: FerDataset) -> list[tuple[int, str]]:
    """Return row and label of each image that has a majority."""
    labels = [VOTES[row % len(VOTES)][1] for row in range(len(dataset))]
    return [(row, label) for row, label in enumerate(labels) if label is not None]


@pytest.mark.parametrize("blank_line", [False, True])
def test_each_image_of_a_table_gets_the_votes_of_its_row(
    tiny_dataset: FerDataset, votes_file: Path, tmp_path: Path, blank_line: bool
) -> None:
    table = write_table(tmp_path / "fer2013.csv", tiny_dataset, blank_line=blank_line)
    data = load_fer2013(table, labels="ferplus-majority", ferplus=votes_file)
    expected = expected_rows(tiny_dataset)
    assert data.emotions == (*EMOTIONS, "contempt")
    assert [data.emotions[label] for label in data.labels] == [label for _, label in expected]
    assert np.array_equal(data.images, tiny_dataset.images[[row for row, _ in expected]])
    assert data.targets is None
    assert data.label_source == "ferplus-majority"
    assert "28 of 84 images" in data.notes[0]


def test_votes_are_targets_in_train_and_majorities_elsewhere(
    tiny_dataset: FerDataset, votes_file: Path, tmp_path: Path
) -> None:
    table = write_table(tmp_path / "fer2013.csv", tiny_dataset)
    data = load_fer2013(table, labels="ferplus-votes", ferplus=votes_file)
    train = data.split("train")
    assert data.targets is not None
    assert train.targets is not None
    by_row = dict(
        zip((int(s.rpartition(":")[2]) - 2 for s in data.sources), data.targets, strict=True)
    )
    # Row 1 of each six is sad and fear equally: a distribution, but no majority.
    tied = dict(zip(FERPLUS_EMOTIONS, by_row[1].tolist(), strict=True))
    assert {name: share for name, share in tied.items() if share} == {"sad": 0.5, "fear": 0.5}
    n_train = tiny_dataset.sizes()["train"]
    assert sorted(by_row) == sorted(
        row for row in range(len(tiny_dataset)) if row % 6 != 3 and (row < n_train or row % 6 != 1)
    )
    rest = data.select(data.splits != SPLITS.index("train"))
    assert rest.targets is not None
    assert np.array_equal(rest.targets, np.eye(8, dtype=np.float32)[rest.labels])


def test_the_cache_and_an_npz_keep_the_datas_own_labels_apart(
    tiny_dataset: FerDataset, votes_file: Path, tmp_path: Path
) -> None:
    table = write_table(tmp_path / "fer2013.csv", tiny_dataset)
    relabelled = load_fer2013(table, labels="ferplus-votes", ferplus=votes_file)
    assert np.array_equal(load_fer2013(table).labels, tiny_dataset.labels)
    save_npz(tmp_path / "own.npz", relabelled)
    again = load_npz(tmp_path / "own.npz")
    assert again.targets is not None
    assert np.array_equal(again.targets, relabelled.targets)
    assert (again.emotions, again.label_source) == (FERPLUS_EMOTIONS, "ferplus-votes")


def test_a_row_that_was_skipped_still_counts(
    tiny_dataset: FerDataset, votes_file: Path, tmp_path: Path
) -> None:
    table = write_table(tmp_path / "fer2013.csv", tiny_dataset)
    lines = table.read_text().splitlines()
    lines[1] = "3,1 2 3,Training"
    table.write_text("\n".join(lines) + "\n")
    data = load_fer2013(table, labels="ferplus-majority", ferplus=votes_file, skip_bad=True)
    expected = expected_rows(tiny_dataset)[1:]
    assert [data.emotions[label] for label in data.labels] == [label for _, label in expected]
    assert data.skipped == (SkippedItem("fer2013.csv:2", "expected 2304 pixels (48x48), found 3"),)


def test_a_folder_has_no_rows_unless_a_table_tells_them(
    tiny_dataset: FerDataset, tiny_folder: Path, votes_file: Path
) -> None:
    with pytest.raises(DataError, match=r"no order that FER\+ could be matched to; give the table"):
        load_fer2013(tiny_folder, labels="ferplus-majority", ferplus=votes_file)
    rows = votes_file.with_name("fer2013-rows.csv")
    write_rows(rows, tiny_dataset)
    data = load_fer2013(tiny_folder, labels="ferplus-majority", ferplus=votes_file)
    expected = {str(tiny_dataset.sources[row]): label for row, label in expected_rows(tiny_dataset)}
    found = {
        str(s): data.emotions[label] for s, label in zip(data.sources, data.labels, strict=True)
    }
    assert found == expected


def write_rows(path: Path, dataset: FerDataset, **changed: str) -> None:
    """Write which file is which row; `changed` holds other values for the first row."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ("row", "usage", "emotion", "file"))
        writer.writeheader()
        for row, (source, label, split) in enumerate(
            zip(dataset.sources, dataset.labels, dataset.splits, strict=True)
        ):
            line = {"row": row, "usage": USAGES[split], "emotion": label, "file": source}
            writer.writerow(line | (changed if row == 0 else {}))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"row": "1"}, r"does not list the 84 rows of .* in order"),
        ({"usage": "PublicTest"}, "with the same usage and a file each"),
        (
            {"file": "train/happy/Training_999.png"},
            r"Training_1\.png of .* is not in .*fer2013-rows",
        ),
        ({"emotion": "4"}, r"Training_1\.png of .* is sad in .*fer2013-rows"),
        ({"emotion": "four"}, "cannot be read as a table of row, usage, emotion and file"),
    ],
)
def test_a_table_of_rows_that_does_not_fit_is_one_sentence(
    changed: dict[str, str],
    message: str,
    tiny_dataset: FerDataset,
    tiny_folder: Path,
    votes_file: Path,
) -> None:
    write_rows(votes_file.with_name("fer2013-rows.csv"), tiny_dataset, **changed)
    with pytest.raises(DataError, match=message) as caught:
        load_fer2013(tiny_folder, labels="ferplus-majority", ferplus=votes_file)
    assert "\n" not in str(caught.value)


def test_votes_on_another_table_are_refused(
    tiny_dataset: FerDataset, votes_file: Path, tmp_path: Path
) -> None:
    table = write_table(tmp_path / "fer2013.csv", tiny_dataset.select(np.arange(83)))
    with pytest.raises(DataError, match=r"has 83 rows, but .* has 84"):
        load_fer2013(table, labels="ferplus-majority", ferplus=votes_file)
    moved = replace(tiny_dataset, splits=np.roll(tiny_dataset.splits, 1))
    table = write_table(tmp_path / "moved.csv", moved)
    with pytest.raises(
        DataError, match=r"moved.csv:2 is of test, but row 0 of .* \(3 rows differ\)"
    ):
        load_fer2013(table, labels="ferplus-majority", ferplus=votes_file)


@pytest.mark.parametrize(
    ("labels", "ferplus", "message"),
    [
        (
            "majority",
            "votes.csv",
            "There are no labels 'majority'; choose from fer2013, ferplus-majority",
        ),
        ("ferplus-votes", None, r"need FER\+; name its fer2013new.csv with ferplus="),
        ("fer2013", "votes.csv", r"do not use FER\+; leave out ferplus="),
    ],
)
def test_labels_and_file_must_belong_together(
    labels: str, ferplus: str | None, message: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=message):
        load_fer2013(tmp_path, labels=labels, ferplus=ferplus)
