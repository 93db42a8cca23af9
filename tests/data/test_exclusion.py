"""Excluding images by an audit: which are excluded, which are kept, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ferkit.data.dataset import FerDataset
from ferkit.data.exclusion import exclude_findings, short_digests
from ferkit.data.findings import COLUMNS, KINDS, Finding, read_findings, write_findings
from ferkit.errors import DataError, UsageError
from ferkit.labels import SPLITS


@pytest.fixture
def rows(tiny_dataset: FerDataset) -> list[Finding]:
    """Return findings on the first three training images, and on the first test image."""
    digests = short_digests(tiny_dataset.images)
    test = int(np.flatnonzero(tiny_dataset.splits == SPLITS.index("test"))[0])

    def row(kind: str, index: int, exclude: str) -> Finding:
        source, label = str(tiny_dataset.sources[index]), int(tiny_dataset.labels[index])
        split = SPLITS[tiny_dataset.splits[index]]
        name = tiny_dataset.emotions[label]
        return Finding(kind, source, split, name, exclude=exclude, pixels=digests[index])

    return [
        row("duplicate", 0, "no"),
        row("duplicate", 1, "yes"),
        row("blank", 1, "yes"),
        row("label-error", 2, "yes"),
        row("label-error", test, "yes"),  # as a hasty hand may have set it
    ]


@pytest.fixture
def audit_csv(rows: list[Finding], tmp_path: Path) -> Path:
    write_findings(tmp_path / "audit.csv", rows)
    return tmp_path / "audit.csv"


def test_rows_survive_the_file(rows: list[Finding], audit_csv: Path) -> None:
    assert read_findings(audit_csv) == rows


def test_an_image_that_one_kind_names_twice_counts_once(
    tiny_dataset: FerDataset, rows: list[Finding], tmp_path: Path
) -> None:
    write_findings(tmp_path / "audit.csv", [*rows, replace(rows[1], group="another")])
    _, excluded = exclude_findings(tiny_dataset, tmp_path / "audit.csv")
    assert (excluded.images, excluded.per_kind["duplicate"]) == (2, 1)


def test_all_kinds(tiny_dataset: FerDataset, audit_csv: Path) -> None:
    rest, excluded = exclude_findings(tiny_dataset, audit_csv)
    gone = set(tiny_dataset.sources.tolist()) - set(rest.sources.tolist())
    assert gone == set(tiny_dataset.sources[1:3].tolist())
    assert excluded.images == 2
    counted = {kind: count for kind, count in excluded.per_kind.items() if count}
    assert counted == {"duplicate": 1, "blank": 1, "label-error": 1}
    assert set(excluded.per_kind) == set(KINDS)
    assert excluded.not_in_train == 1
    assert "2 training images are left out" in str(excluded)


def test_chosen_kinds(tiny_dataset: FerDataset, audit_csv: Path) -> None:
    rest, excluded = exclude_findings(tiny_dataset, audit_csv, ("label-error", "leak"))
    assert set(tiny_dataset.sources) - set(rest.sources) == {tiny_dataset.sources[2]}
    assert excluded.per_kind == {"leak": 0, "label-error": 1}


def test_validation_and_test_stay(tiny_dataset: FerDataset, audit_csv: Path) -> None:
    rest, _ = exclude_findings(tiny_dataset, audit_csv)
    for split in ("validation", "test"):
        np.testing.assert_array_equal(rest.split(split).images, tiny_dataset.split(split).images)


def test_the_digest_differs_between_lists(tiny_dataset: FerDataset, audit_csv: Path) -> None:
    digests = [
        exclude_findings(tiny_dataset, audit_csv, (k,))[1].digest
        for k in ("blank", "duplicate", "label-error")
    ]
    assert digests[0] == digests[1] != digests[2]


def test_without_kinds_everything_stays(tiny_dataset: FerDataset, audit_csv: Path) -> None:
    rest, excluded = exclude_findings(tiny_dataset, audit_csv, ("leak",))
    assert len(rest) == len(tiny_dataset)
    assert str(excluded).startswith("No training image is left out")


def test_an_unknown_kind(tiny_dataset: FerDataset, audit_csv: Path) -> None:
    with pytest.raises(
        UsageError, match="'blurred' is not a kind of finding; choose from duplicate,"
    ):
        exclude_findings(tiny_dataset, audit_csv, ("blank", "blurred"))


def test_other_images_of_the_same_names(tiny_dataset: FerDataset, audit_csv: Path) -> None:
    other = replace(tiny_dataset, images=255 - tiny_dataset.images)
    with pytest.raises(DataError, match=r"is of other images: train/.* has other pixels"):
        exclude_findings(other, audit_csv)


def test_other_names(tiny_dataset: FerDataset, audit_csv: Path) -> None:
    names = np.array([f"fer2013.csv:{i}" for i in range(len(tiny_dataset))])
    with pytest.raises(DataError, match=r"none of its sources, such as train/"):
        exclude_findings(replace(tiny_dataset, sources=names), audit_csv)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected the columns of audit.csv, found none named exclude, kind"),
        ("a,b\n1,2\n", "found none named exclude, kind, label, source, split"),
        (",".join(COLUMNS) + "\nblurred,a,train,sad,,,,,yes,\n", ":2: unknown kind 'blurred'"),
        (",".join(COLUMNS) + "\nblank,a,train,sad,,,,,perhaps,\n", "exclude must be yes or no"),
        (",".join(COLUMNS) + "\nblank,a,train\n", "another number of columns"),
        (",".join(COLUMNS) + "\nblank,a,train,sad,,,,,yes,,more\n", "another number of columns"),
    ],
)
def test_a_broken_file(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "audit.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        read_findings(tmp_path / "audit.csv")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"There is no file .*; make one with: ferkit audit"):
        read_findings(tmp_path / "audit.csv")


def test_a_picture_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "audit.csv").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(DataError, match=r"Cannot read .* as audit\.csv"):
        read_findings(tmp_path / "audit.csv")


def test_fewer_columns_in_another_order(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    source = tiny_dataset.sources[0]
    (tmp_path / "audit.csv").write_text(
        f"exclude,source,kind,label,split\nyes,{source},blank,sad,train\n"
    )
    assert exclude_findings(tiny_dataset, tmp_path / "audit.csv")[1].images == 1
