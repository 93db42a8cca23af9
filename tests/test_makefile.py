"""`make` reports an unsuitable Python in one line, and lists its targets."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    # Without the flags of the `make test` that may run this.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", "-C", str(ROOT), *arguments], capture_output=True, text=True, env=environment
    )


def test_an_old_python_is_refused(tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.1 && exit 0\nexit 1\n')
    old.chmod(0o755)
    venv = tmp_path / "venv"
    done = make(f"VENV={venv}", f"PYTHON={old}", f"{venv}/venv.stamp")
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr
    assert "is Python 3.9.1; name another one: make PYTHON=" in done.stderr
    assert not venv.exists()


def test_a_missing_python_is_reported(tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    done = make(f"VENV={venv}", "PYTHON=no-such-python", f"{venv}/venv.stamp")
    assert done.returncode != 0
    assert "no-such-python" in done.stderr
    assert "missing; name another one" in done.stderr


def test_the_list_names_every_public_target() -> None:
    listed = set(re.findall(r"^  make ([a-z-]+)", make("help").stdout, flags=re.MULTILINE))
    assert listed >= {"demo", "test", "check", "docs", "lock", "clean"}


def test_the_ci_script_runs_the_tests_and_nothing_else() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    lines = [line for line in script.read_text().splitlines() if "make" in line]
    assert lines == ["exec make test"]
