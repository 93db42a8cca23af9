"""Files are written whole or not at all, and errors say why."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ferkit.errors import OutputError
from ferkit.files import atomic_folder, read_json, write_json, write_text


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


def test_an_interruption_at_any_step_keeps_the_old_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, replace = tmp_path / "page", os.replace
    folder.mkdir()
    (folder / "old.txt").write_text("precious")
    for step in (1, 2):
        calls = []

        def interrupted(*paths: object, step: int = step, calls: list[object] = calls) -> None:
            calls.append(paths)
            if len(calls) == step:
                raise KeyboardInterrupt
            replace(*paths)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", interrupted)
            with pytest.raises(KeyboardInterrupt), atomic_folder(folder) as partial:
                (partial / "new.txt").write_text("")
        assert [path.name for path in tmp_path.rglob("*")] == ["page", "old.txt"]
    with atomic_folder(folder) as partial:
        (partial / "new.txt").write_text("")
    assert [path.name for path in tmp_path.rglob("*")] == ["page", "new.txt"]


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "old.txt").write_text("")
    (tmp_path / "link").symlink_to("there", target_is_directory=True)
    with atomic_folder(tmp_path / "link") as partial:
        (partial / "new.txt").write_text("")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "there"]
    assert (tmp_path / "link").is_symlink()
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["new.txt"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names on this system")
def test_a_pipe_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path):
        with pytest.raises(OutputError, match="not a regular file"):
            write_text(path, "text")
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


@pytest.mark.parametrize("path", [".", "..", "/", ""])
def test_a_path_without_a_name_is_refused(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match="not a regular file"):
        write_text(path, "")
    with pytest.raises(OutputError, match="contains the current folder"), atomic_folder(path):
        pass
    assert not list(tmp_path.iterdir())
