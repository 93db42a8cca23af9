"""`fer` with its MTCNN: what `facenet-pytorch` requires, in a folder next to `fer`'s environment.

facenet-pytorch 2.6 declares NumPy below 2, torch below 2.3 and Pillow below 10.3, for which there
are no wheels compatible with `fer`'s other requirements; it works with newer versions, so it is
installed without its dependencies.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from contenders.peer_environment import fer_python, run

NEEDED = (
    "facenet-pytorch==2.6.0",
    "torch==2.13.0",
    "torchvision==0.28.0",
    "tqdm>=4.67",
    "sympy>=1.14",
    "mpmath>=1.3",
    "networkx>=3.4",
    "filelock>=3.20",
    "fsspec>=2025.9",
    "jinja2>=3.1",
    "markupsafe>=3.0",
    "typing_extensions>=4.15",
)


def mtcnn_packages() -> tuple[Path, Path]:
    """Return `fer`'s interpreter and the folder of what its MTCNN needs, which the first call
    makes.

    Raises:
        SystemExit: pip could not install it.
    """
    python = fer_python()
    folder = python.parent.parent / "mtcnn"
    stamp = folder / "installed"
    if not stamp.is_file():
        print(f"Installing {NEEDED[0]} into {folder} ...", file=sys.stderr, flush=True)
        pip = (str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--upgrade")
        try:
            run(*pip, "--target", str(folder), *NEEDED)
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"{NEEDED[0]} could not be installed: see pip's message.") from error
        stamp.touch()
    return python, folder
