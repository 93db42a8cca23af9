"""A run records the commit of ferkit's own checkout, or none."""

from __future__ import annotations

import subprocess
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

import ferkit
from ferkit.runs import environment
from ferkit.runs.environment import git_commit


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return somebody's repository, in whose ignored environment ferkit is installed."""
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text(".venv\n")
    git(tmp_path, "add", ".gitignore")
    git(tmp_path, "commit", "-q", "-m", "Theirs")
    file = tmp_path / ".venv" / "ferkit" / "environment.py"
    file.parent.mkdir(parents=True)
    file.write_text("")
    monkeypatch.setattr(environment, "__file__", str(file))
    return tmp_path


def test_the_commit_of_another_repository_is_not_recorded(elsewhere: Path) -> None:
    assert git_commit() is None


def test_the_commit_of_a_checkout_and_whether_files_were_changed(elsewhere: Path) -> None:
    git(elsewhere, "add", "--force", ".venv")
    git(elsewhere, "commit", "-q", "-m", "Ours")
    head = git(elsewhere, "rev-parse", "HEAD")
    assert git_commit() == head
    (elsewhere / ".venv" / "ferkit" / "environment.py").write_text("changed")
    assert git_commit() == head + "+"


def test_without_a_repository_there_is_no_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "__file__", str(tmp_path / "environment.py"))
    assert git_commit() is None


def test_sources_without_metadata_know_their_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(environment, "version", missing)
    assert environment.library_versions() == {"ferkit": ferkit.__version__}
