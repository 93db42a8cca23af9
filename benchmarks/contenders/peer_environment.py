"""A virtual environment for `fer` in ferkit's cache folder, created once.

`fer` also declares facenet-pytorch (which brings torch), moviepy, pandas and matplotlib. Its
emotion model uses none of them, and facenet-pytorch requires NumPy below 2, so `fer` is installed
without its dependencies and with those that `fer.fer` imports: TensorFlow of its time, OpenCV 4 (5
has no Haar cascades), requests, Pillow, and setuptools below 81 for `pkg_resources`. OpenCV is the
contrib wheel that it declares.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from ferkit.data.cache import cache_folder

FER = "fer==25.10.3"
NEEDED = (
    "tensorflow-cpu==2.20.0",
    "keras==3.15.1",
    "opencv-contrib-python==4.14.0.94",
    "numpy==2.4.6",
    "pillow==13.0.0",
    "requests>=2.32",
    "setuptools==80.9.0",
)


def fer_python() -> Path:
    """Return the interpreter of `fer`'s environment, which the first call makes.

    Raises:
        SystemExit: pip could not install it.
    """
    recipe = "\n".join((FER, *NEEDED, sys.version))
    name = f"{FER.replace('==', '-')}-{hashlib.sha256(recipe.encode()).hexdigest()[:8]}"
    folder = cache_folder() / "peers" / name
    python = folder / "bin" / "python"
    stamp = folder / "installed"
    if not stamp.is_file():
        print(f"Installing {FER} into {folder} ...", file=sys.stderr, flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        try:
            run(sys.executable, "-m", "venv", str(folder))
            run(str(python), "-m", "pip", "install", "--quiet", *NEEDED)
            run(str(python), "-m", "pip", "install", "--quiet", "--no-deps", FER)
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"{FER} could not be installed: see pip's message above.") from error
        stamp.touch()
    return python


def run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=sys.stderr)
