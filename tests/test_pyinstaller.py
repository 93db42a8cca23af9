"""A program that embeds ferkit and is frozen by PyInstaller finds its models."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

PROGRAM = """
import numpy as np
import ferkit
recognizer = ferkit.EmotionRecognizer("nano", detector="mtcnn")
print(len(recognizer(np.zeros((64, 64, 3), np.uint8))), recognizer.emotions[3])
print(sorted(ferkit.record_schema()["$defs"]))
"""


def test_the_entry_point_finds_the_hooks() -> None:
    from ferkit.pyinstaller import get_hook_dirs

    (folder,) = get_hook_dirs()
    assert (Path(folder) / "hook-ferkit.py").is_file()
    points = entry_points(group="pyinstaller40", name="hook-dirs")
    if points := [point for point in points if point.module.startswith("ferkit")]:
        assert points[0].load()() == [folder]


# What a development environment has and a program that recognises has not; it would take minutes.
HEAVY = (
    "av IPython jax keras matplotlib pandas pyarrow scipy seaborn sklearn supervision tensorflow"
)


@pytest.mark.slow
@pytest.mark.skipif(
    "FERKIT_TEST_FREEZING" not in os.environ, reason="a minute; set FERKIT_TEST_FREEZING=1"
)
def test_a_frozen_program_recognises(tmp_path: Path) -> None:
    pytest.importorskip("PyInstaller")
    from ferkit.pyinstaller import get_hook_dirs

    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    source = Path(get_hook_dirs()[0]).parents[1]
    command = [sys.executable, "-m", "PyInstaller", "--onedir", "--noconfirm", "--log-level=ERROR"]
    command += [f"--exclude-module={name}" for name in HEAVY.split()]
    command += ["--additional-hooks-dir", get_hook_dirs()[0], "--paths", str(source), str(program)]
    subprocess.run(command, cwd=tmp_path, check=True)
    built = tmp_path / "dist" / "program" / "program"
    done = subprocess.run([built], cwd="/", capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["0 happy", "['face', 'record']"], done.stderr
    assert not list((tmp_path / "dist").rglob("*.keras"))
