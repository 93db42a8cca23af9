"""The web page as static files, which any web server can serve without Python."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ferkit.files import atomic_folder
from ferkit.inference.onnx_runtime import load_onnxruntime
from ferkit.serving.page_files import PageFile, page_files
from ferkit.targets import check_whole_folder

_README = """\
ferkit: recognises apparent facial expressions in photos, camera and videos, in the browser.
Serve this folder with any web server, for example: python -m http.server --bind 127.0.0.1
The camera needs https, or an address that begins with http://127.0.0.1 or http://localhost.
ferkit: MIT licence. ONNX Runtime and its parts: see licences/. YuNet: MIT licence, OpenCV.
"""


def write_page(out: str | os.PathLike[str], *, models: Sequence[str] | None = None) -> Path:
    """Write the page with models, face detector and ONNX Runtime into a folder.

    It recognises photos, camera and videos in the browser, sends no picture anywhere, and needs no
    network once it is open. An earlier page in the folder is replaced as a whole.

    Args:
        out: A folder that is new, empty, or holds such a page.
        models: Names of shipped models to choose from. Defaults to None: all that are small enough
            for a browser and come with ferkit.

    Returns:
        The folder.

    Raises:
        UsageError: One of these names is not a shipped model.
        DownloadError: The face detector cannot be downloaded.
        ModelError: The file of the face detector or of a model is broken.
        MissingDependencyError: This installation lacks ONNX Runtime for browsers.
        OutputError: The folder holds something else, or cannot be written.

    Example:
        >>> write_page("public/emotions", models=["nano-fer2013-int8"])  # doctest: +SKIP
        PosixPath('public/emotions')
    """
    folder = Path(out)
    check_whole_folder(folder, kind="a page of ferkit", own=lambda: _is_page(folder))
    files = page_files(models=models) | _licences()
    with atomic_folder(folder) as partial:
        for name, file in files.items():
            path = partial / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.read())
    return folder


def _is_page(folder: Path) -> bool:
    with suppress(OSError, ValueError):
        config = json.loads((folder / "page.json").read_text("utf-8"))
        return isinstance(config, dict) and "default_model" in config
    return False


def _licences() -> dict[str, PageFile]:
    """Return the readme and the licences, which the wheel of ONNX Runtime contains."""
    onnxruntime = load_onnxruntime()
    found = {"README.txt": PageFile("text/plain", _README.encode())}
    package = Path(str(onnxruntime.__file__)).parent
    for name in ("LICENSE", "ThirdPartyNotices.txt"):
        if (package / name).is_file():
            target = f"licences/onnxruntime-{Path(name).stem}.txt"
            found[target] = PageFile("text/plain", package / name)
    return found
