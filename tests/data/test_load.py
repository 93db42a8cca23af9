"""Error messages of `load_fer2013` about paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from ferkit.data.load import load_fer2013
from ferkit.errors import DataError


def test_missing_data_names_the_ways_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no file or folder .*gone.*ferkit data download"):
        load_fer2013(tmp_path / "gone")
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"Cannot read .*Not a directory"):
        load_fer2013(tmp_path / "file" / "below")


@pytest.mark.parametrize("name", ["faces.parquet", "fer2013.rar", "fer2013"])
def test_another_kind_of_file_names_the_kinds_that_are_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"?")
    with pytest.raises(DataError, match=r"none of the layouts that ferkit reads: .*\.tar\.gz\)"):
        load_fer2013(tmp_path / name)


def test_auto_is_what_the_variable_names(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FERKIT_DATA", str(tiny_folder))
    assert load_fer2013().origin == str(tiny_folder)
