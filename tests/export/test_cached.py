"""Keras models are exported once and cached; other names are used directly."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from ferkit.export.cached import exported_file


@pytest.fixture
def exported(tmp_path: Path, tiny_onnx: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the models that were exported, by something that only copies a file."""
    from ferkit.export import export

    done: list[str] = []

    def copy(
        model: str, out: Path, *, class_names: Sequence[str] | None, pixels: str | None
    ) -> None:
        assert (class_names, pixels) == (None, None), "ferkit's own models say it themselves"
        done.append(model)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tiny_onnx, out)

    monkeypatch.setenv("FERKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(export, "export_model", copy)
    return done


def test_a_run_is_exported_once(
    tmp_path: Path, exported: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "model.keras").write_bytes(b"one")
    first = exported_file(str(run))
    assert Path(first).is_file()
    assert exported_file(str(run)) == exported_file(str(run / "model.keras")) == first
    assert exported == [str(run)]
    assert capsys.readouterr().err == f"ferkit: exporting {run} to ONNX, once\n"
    (run / "model.keras").write_bytes(b"two")
    assert exported_file(str(run)) != first, "another training is another file"


def test_onnx_files_are_used_directly(exported: list[str], tiny_onnx: Path) -> None:
    for name in ("small", str(tiny_onnx)):
        assert exported_file(name) == name
    assert exported == []
