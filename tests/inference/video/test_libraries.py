"""PyAV is imported in one place, after OpenCV, and a missing PyAV is an error."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ferkit.errors import MissingDependencyError
from ferkit.inference.video.libraries import load_av, load_tracker

SOURCE = Path(__file__).resolve().parents[3] / "src"


def test_opencv_comes_first() -> None:
    code = (
        "import sys\n"
        "from ferkit.inference.video.libraries import load_tracker\n"
        "load_tracker()\n"
        "names = list(sys.modules)\n"
        "print(names.index('cv2') < names.index('av'))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_no_other_module_imports_pyav() -> None:
    pattern = re.compile(r"^\s*(import|from) (av|trackers|supervision)\b", flags=re.MULTILINE)
    found = [p.name for p in SOURCE.rglob("*.py") if pattern.search(p.read_text(encoding="utf-8"))]
    assert found == ["libraries.py"]


def test_the_video_package_imports_without_its_libraries() -> None:
    code = (
        "import sys\n"
        "import ferkit.inference.video.recognize, ferkit.inference.video.writer\n"
        "import ferkit.inference.video.camera, ferkit.inference.video.summary\n"
        "print(sorted({'av', 'trackers', 'supervision', 'scipy', 'matplotlib'} & "
        "set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(("module", "load"), [("av", load_av), ("trackers", load_tracker)])
def test_a_missing_library_is_named(
    module: str, load: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependencyError, match=r'pip install "ferkit\[video\]"'):
        load()  # type: ignore[operator]
