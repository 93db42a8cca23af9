"""Error messages for files that cannot be written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ferkit.errors import OutputError
from ferkit.files import read_json, write_json, write_text


def test_a_cache_that_cannot_be_written_names_its_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "home"
    blocked.write_text("a file, as a read-only home is no place for a folder")
    monkeypatch.setenv("FERKIT_CACHE", str(blocked / "cache"))
    with pytest.raises(OutputError, match="choose another cache folder with FERKIT_CACHE"):
        write_text(blocked / "cache" / "exported" / "a.onnx", "")
    with pytest.raises(OutputError, match=r"choose another folder\."):
        write_text(blocked / "a.txt", "")


def test_a_path_that_is_no_utf8_survives_a_file(tmp_path: Path) -> None:
    path = os.fsdecode(b"/data/caf\xe9")
    write_json(tmp_path / "config.json", {"data": path, "name": "caf\u00e9"})
    assert read_json(tmp_path / "config.json") == {"data": path, "name": "caf\u00e9"}
