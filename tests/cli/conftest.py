"""`ferkit predict` in an empty folder, and pictures for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from ferkit.cli.main import main
from ferkit.labels import EMOTIONS

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tiny_onnx: Path,
) -> Run:
    """Return a function that runs `ferkit predict` in an empty folder and returns exit code,
    stdout, stderr.

    The model tells brightness, and the image is the face, unless other options are given.
    """
    monkeypatch.chdir(tmp_path)
    # The command sets it for the process.
    monkeypatch.setattr("cv2.setNumThreads", lambda n: None)

    def predict(*arguments: object) -> tuple[int, str, str]:
        typed = [str(argument) for argument in arguments]
        for option, value in (("--model", tiny_onnx), ("--detector", "none")):
            typed += [] if option in typed else [option, str(value)]
        with pytest.raises(SystemExit) as caught:
            main(["predict", *typed])
        out, err = capfd.readouterr()
        return int(caught.value.code or 0), out, err

    return predict


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Return a folder with one picture for each emotion, in their order, and one below."""
    folder = tmp_path / "album"
    (folder / "sub").mkdir(parents=True)
    for code in range(len(EMOTIONS)):
        grey = round(255 * (code + 0.5) / 7)
        Image.new("L", (60, 50), grey).save(folder / f"{code}.png")
    Image.new("L", (60, 50), 255).save(folder / "sub" / "below.jpg")
    return folder
