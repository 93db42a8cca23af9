"""The demo's photograph: one smiling face, found offline; a hint if scikit-image is missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from ferkit.cli.parts import demo_photo
from ferkit.cli.parts.demo_photo import recognise_photo


def test_the_astronaut_smiles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recognise_photo(tmp_path)
    told = capsys.readouterr()
    assert told.out.count("In NASA's portrait") == 1
    assert "astronaut: happy, " in told.out
    with Image.open(tmp_path / "recognised.png") as picture:
        assert picture.size == (1024, 1024)
        # The box of a happy face is drawn in its colour, which the photograph has hardly anywhere.
        assert min(picture.convert("RGB").getpixel((359, 200))[:2]) > 120


def test_without_scikit_image_it_names_the_package(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_photo, "find_spec", lambda name: None)
    recognise_photo(tmp_path)
    assert 'pip install "ferkit[demo]"' in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
