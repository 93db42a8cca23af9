"""The ONNX file of any model: run folders and Keras files are exported once and kept."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path


def exported_file(model: str | os.PathLike[str]) -> str:
    """Return what recognition opens: the name of a shipped model or the path of an ONNX file.

    Args:
        model: A shipped name, an `.onnx` file, a run folder or a `.keras` file. The last two are
            exported into the cache, which is said once on standard error.

    Raises:
        ModelError: The Keras model is broken or cannot be exported.
        MissingDependencyError: It needs a library that is not installed.
        OutputError: The cache cannot be written.

    Example:
        >>> exported_file("small")
        'small'
    """
    from ferkit.runs.folder import RunFolder

    path = Path(model)
    keras = RunFolder(path).model if path.is_dir() else path
    if keras.suffix != ".keras" or not keras.is_file():
        # Shipped names, ONNX files, and what is neither: the classifier says so.
        return str(model)
    from ferkit import __version__
    from ferkit.files import cache_folder

    content = hashlib.sha256(keras.read_bytes())
    content.update(__version__.encode())
    cached = cache_folder() / "exported" / f"{content.hexdigest()[:24]}.onnx"
    if not cached.is_file():
        from ferkit.export.export import export_model

        print(f"ferkit: exporting {model} to ONNX, once", file=sys.stderr)
        export_model(model, cached)
    return str(cached)
