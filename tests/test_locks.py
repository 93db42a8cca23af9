"""A folder is locked for other processes until its own one ends, however it ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ferkit.errors import OutputError
from ferkit.locks import locked_folder

pytest.importorskip("fcntl")

BUSY = OutputError("In use.")
PROCESS = """
import sys, time
from pathlib import Path
from ferkit.errors import OutputError
from ferkit.locks import locked_folder
with locked_folder(Path(sys.argv[1]), OutputError("")):
    print("locked", flush=True)
    time.sleep(60)
"""


def test_a_killed_process_leaves_no_lock_and_no_file(tmp_path: Path) -> None:
    words = [sys.executable, "-c", PROCESS, str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        with pytest.raises(OutputError, match="In use"), locked_folder(tmp_path, BUSY):
            pass
        process.kill()
        process.wait()
        with locked_folder(tmp_path, BUSY):
            assert list(tmp_path.iterdir()) == []


def test_a_folder_is_free_after_the_block_and_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="inside"), locked_folder(tmp_path, BUSY):
        raise ValueError("inside")
    with locked_folder(tmp_path, BUSY):
        pass


def test_a_system_that_cannot_lock_folders_is_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr("fcntl.flock", refuse)
    with locked_folder(tmp_path, BUSY), locked_folder(tmp_path / "none", BUSY):
        pass
