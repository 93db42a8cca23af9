"""File names of run folders are defined in one module, and old folders are readable."""

from __future__ import annotations

import ast
import os
import sys
from pathlib import Path
from typing import Any

import pytest

import ferkit
from ferkit.errors import OutputError
from ferkit.runs.checks import make_free
from ferkit.runs.folder import CYCLES, RunFolder

PACKAGE = Path(ferkit.__file__).parent


def test_only_one_module_names_files_of_a_run_folder() -> None:
    run = RunFolder("run")
    # Other things are called config.json (a member of a .keras file) and skipped.csv as well.
    own = {path.name for path in vars(run).values() if path != run.path}
    own = own - {"config.json", "skipped.csv", "tensorboard", "figures"} | set(CYCLES)
    spelled = [
        f"{file.relative_to(PACKAGE)}:{node.lineno} {node.value}"
        for file in PACKAGE.rglob("*.py")
        if file.name != "folder.py" or file.parent.name != "runs"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in own
    ]
    assert spelled == []


def test_a_model_in_a_folder_means_its_run(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    for path in (run.path, run.model, run.votes):
        assert RunFolder.of(path).path == run.path
    assert RunFolder.of(run.start).path == run.start, "what a run began with is another's"


def test_what_a_finished_training_lacks(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    assert run.missing() == ["config.json", "environment.json", "history.csv", "model.keras"]
    for file in (run.config, run.environment, run.history, run.model):
        assert not run.is_finished()
        file.write_text("{}")
    assert not run.is_finished(), "its state was removed before its last epoch"
    run.environment.write_text('{"training_seconds": 1.5}')
    assert run.is_finished()
    run.state.mkdir()
    assert not run.is_finished()
    run.finish()
    assert run.is_finished()


def test_a_kill_while_the_state_is_removed_leaves_a_finished_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunFolder(tmp_path)
    (run.state / "epoch-00001").mkdir(parents=True)

    def killed(folder: Path, **_: Any) -> None:
        if folder.exists():
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            run.finish()
    assert not run.state.exists()
    run.finish()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have Unicode names")
def test_a_run_folder_needs_a_name_that_libraries_can_write() -> None:
    with pytest.raises(OutputError, match=r"run folder /nowhere/caf\\xe9 is not UTF-8; choose"):
        make_free(RunFolder(os.fsdecode(b"/nowhere/caf\xe9")))


@pytest.mark.parametrize(
    "name", ["history.csv", "environment.json", "samples.json", "model.keras", "report.html"]
)
def test_a_training_begins_over_no_file_of_the_user(name: str, tmp_path: Path) -> None:
    make_free(RunFolder(tmp_path))
    (tmp_path / name).write_text("mine")
    with pytest.raises(OutputError, match=f"{name} exists and was not written by ferkit; name"):
        make_free(RunFolder(tmp_path))
