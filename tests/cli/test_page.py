"""`ferkit page`."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from ferkit.cli.page import page


def test_the_page_is_written_and_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {}

    def write(out: Path, models: tuple[str, ...] | None) -> Path:
        asked["models"] = models
        out.mkdir()
        (out / "index.html").write_bytes(b"x" * 1_500_000)
        return out

    monkeypatch.setattr("ferkit.serving.static_page.write_page", write)
    out = tmp_path / "public"
    result = CliRunner().invoke(page, ["--out", str(out), "--model", "nano", "--model", "small"])
    assert result.exit_code == 0, result.output
    assert asked["models"] == ("nano", "small")
    assert "(1.5 MB)" in result.output
    assert f"--directory {out}" in result.output
