"""The release archives: their content and size, and that they work."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import ferkit
from ferkit.weights import DEFAULT_MODEL

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]


def run(*command: str, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(folder), cwd=ROOT)
    (file,) = folder.iterdir()
    return file


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the unpacked source archive alone."""
    folder = tmp_path_factory.mktemp("wheel")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    command = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    run(*command, cwd=source, FERKIT_BUILD_PAGE="no")  # fetches nothing where it is not there
    (file,) = folder.glob("*.whl")
    return file


def test_the_version_has_one_source(wheel: Path, sdist: Path) -> None:
    assert sdist.name == f"ferkit-{ferkit.__version__}.tar.gz"
    assert wheel.name == f"ferkit-{ferkit.__version__}-py3-none-any.whl"
    for file in ("CHANGELOG.md", "CITATION.cff"):
        assert ferkit.__version__ in (ROOT / file).read_text(encoding="utf-8")


def test_the_wheel_has_every_file_of_recognition(wheel: Path) -> None:
    assert wheel.stat().st_size <= 16 * 2**20
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert not [name for name in names if name.endswith((".keras", ".pyc", ".csv", ".png"))]
    weights = {f"ferkit/weights/{DEFAULT_MODEL}.{kind}" for kind in ("onnx", "json")}
    assert {*weights, "ferkit/weights/base-fer2013.json", "ferkit/py.typed"} <= {*names}
    assert "ferkit/weights/base-fer2013.onnx" not in names, "fetched once, as it is large"
    assert not [name for name in names if name.startswith("tests/")]


def test_the_wheel_holds_the_page(wheel: Path) -> None:
    page = ROOT / "src" / "ferkit" / "serving" / "page"
    wanted = {path.relative_to(ROOT / "src").as_posix() for path in page.rglob("*.*")}
    assert len(wanted) > 50
    with zipfile.ZipFile(wheel) as archive:
        held = {info.filename: info.compress_size for info in archive.infolist()}
    assert wanted <= set(held)
    assert sum(size for name, size in held.items() if "/page/" in name) <= 4_000_000


def test_the_wheel_works_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    options = ("--quiet", "--no-index", "--no-deps", "--no-compile", "--target", str(site))
    run(sys.executable, "-m", "pip", "install", *options, str(wheel), cwd=tmp_path)
    program = (
        "import numpy as np, ferkit; "
        "r = ferkit.EmotionRecognizer('nano-fer2013', detector='none'); "
        "print(ferkit.__file__); print(len(r(np.zeros((48, 48), np.uint8))))"
    )
    told = run(sys.executable, "-c", program, cwd=tmp_path, PYTHONPATH=str(site)).split()
    assert told == [str(site / "ferkit" / "__init__.py"), "1"]
    # `python -m ferkit models` where there is no Keras, as in a core install.
    program = (
        "import runpy, sys; sys.modules['keras'] = None; sys.argv[1:] = ['models']; "
        "runpy.run_module('ferkit', run_name='__main__')"
    )
    models = run(sys.executable, "-c", program, cwd=tmp_path, PYTHONPATH=str(site))
    assert "nano-fer2013-int8" in models
    assert "Architectures need Keras" in models
