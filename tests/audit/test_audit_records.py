"""The recorded audit of the real data matches the documentation and shows no face."""

from __future__ import annotations

from pathlib import Path

import pytest

from ferkit.data.findings import KINDS
from ferkit.files import read_json

RECORDS = Path(__file__).resolve().parents[2] / "records" / "audit"


def test_only_counts_are_recorded() -> None:
    names = {path.name for path in RECORDS.iterdir()}
    assert names == {"fer2013-folders.json", "fer2013-table.json", "ridge.csv"}


@pytest.mark.parametrize(("name", "redundant"), [("folders", 1853), ("table", 1851)])
def test_the_known_defects(name: str, redundant: int) -> None:
    record = read_json(RECORDS / f"fer2013-{name}.json")
    assert record["data"]["official"]
    assert record["duplicates"]["redundant"] == redundant
    assert record["duplicates"]["twins_of_train"] == {"validation": 280, "test": 288}
    assert record["duplicates"]["conflicting"] == 57
    assert sum(record["findings"]["blank"].values()) == 12
    assert set(record["exclude"]) == set(KINDS)
    assert record["resumed"] == []
    assert record["command"].startswith("ferkit audit --data ../shared/data/")


def test_likely_errors_are_wrong_more_often_than_others() -> None:
    record = read_json(RECORDS / "fer2013-table.json")
    against = record["label_errors"]["ferplus"]
    assert against["label_contradicted"] > 1.5 * against["all_contradicted"]
    assert sum(record["findings"]["non-face"].values()) == 176
