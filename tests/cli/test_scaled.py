"""`ferkit predict --on`: what its options refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from ferkit.cli.main import main


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--on", "local"], "--on needs a folder for the parts: add --out FOLDER."),
        (["--on", "local", "--out", "faces.csv"], "not the file faces.csv: name a folder."),
        (["--on", "ray", "--out", "rows", "--resume"], "--resume cannot be combined with --on"),
        (["--workers", "2"], "--workers needs --on local or --on ray."),
    ],
)
def test_options_are_checked_before_the_work(
    options: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        main(["predict", "photo.jpg", *options])
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
