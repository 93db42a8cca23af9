"""The real FER-2013, as a zip and as a table, which are read here alone: each takes seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ferkit.audit.copies import distinct
from ferkit.data.dataset import FerDataset
from ferkit.data.ferplus import FerPlusVotes, read_ferplus
from ferkit.data.ferplus_labels import with_ferplus_labels
from ferkit.data.info import summarize
from ferkit.data.load import load_fer2013

pytestmark = [pytest.mark.shared, pytest.mark.slow]


@pytest.fixture(scope="module")
def table(shared_data: Path) -> FerDataset:
    return load_fer2013(shared_data / "fer2013.csv.xz")


@pytest.fixture(scope="module")
def folders(shared_data: Path) -> FerDataset:
    return load_fer2013(shared_data / "fer2013-folders.zip")


@pytest.fixture(scope="module")
def votes(shared_data: Path) -> FerPlusVotes:
    return read_ferplus(shared_data / "fer2013new.csv")


def check_summary(data: FerDataset, redundant: int) -> None:
    summary = summarize(data)
    assert summary["official"] is True
    assert summary["redundant"] == redundant
    assert summary["twins_of_train"] == {"validation": 280, "test": 288}
    assert summary["blank"] == 12


def test_the_zip_is_the_official_data(folders: FerDataset) -> None:
    check_summary(folders, 1_853)


def test_the_table_is_the_official_data(table: FerDataset) -> None:
    check_summary(table, 1_851)


def test_the_audit_finds_the_copies(folders: FerDataset) -> None:
    first, identical = distinct(folders.images)
    assert len(folders) - len(first) == 1853
    in_train = np.unique(identical[folders.splits == 0])
    twins = [int(np.isin(identical[folders.splits == code], in_train).sum()) for code in (1, 2)]
    assert twins == [280, 288]


@pytest.mark.usefixtures("table")  # so that it is in the cache
def test_the_table_under_microsofts_protocol(shared_data: Path) -> None:
    path, ferplus = shared_data / "fer2013.csv.xz", shared_data / "fer2013new.csv"
    data = load_fer2013(path, labels="ferplus-majority", ferplus=ferplus)
    assert data.sizes() == {"train": 25_060, "validation": 3_199, "test": 3_153}
    assert data.counts()["test"] == {
        "angry": 273,
        "disgust": 18,
        "fear": 83,
        "happy": 893,
        "sad": 384,
        "surprise": 396,
        "neutral": 1_090,
        "contempt": 16,
    }


def test_votes_leave_more_images_for_training(table: FerDataset, votes: FerPlusVotes) -> None:
    data = with_ferplus_labels(table, votes, "ferplus-votes")
    assert data.sizes() == {"train": 27_956, "validation": 3_199, "test": 3_153}


def test_the_zip_gets_the_labels_of_the_table(
    folders: FerDataset, table: FerDataset, votes: FerPlusVotes, shared_data: Path
) -> None:
    if not (shared_data / "fer2013-rows.csv").is_file():
        pytest.skip("fer2013-rows.csv is not beside the real FER-2013")
    zipped, tabled = (
        with_ferplus_labels(data, votes, "ferplus-majority") for data in (folders, table)
    )
    assert zipped.counts() == tabled.counts()
