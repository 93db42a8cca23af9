"""The ONNX file of any model: run folders and Keras files are exported once and kept."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence

from ferkit.errors import UsageError


def exported_file(
    model: str | os.PathLike[str],
    *,
    class_names: Sequence[str] | None = None,
    pixels: str | None = None,
) -> str:
    """Return a model that recognition can open: the name of a shipped one, or an ONNX file.

    Args:
        model: A shipped name, an `.onnx` file, a run folder or a Keras file. The last two are
            exported into the cache, with one notice on standard error.
        class_names: The classes of a model from another program, in the order of its outputs.
            Defaults to the seven emotions in FER-2013's order.
        pixels: Pixel range of such a model: `"0-255"`, `"0-1"` or `"-1-1"`. Defaults to `"0-255"`.

    Raises:
        UsageError: There is no shipped model of this name.
        ModelError: There is no such file, or the Keras model is broken or cannot be exported.
        MissingDependencyError: Keras or onnx is not installed.
        OutputError: The cache cannot be written.

    Example:
        >>> exported_file("small-fer2013")
        'small-fer2013'
    """
    from ferkit.data.convention import Convention
    from ferkit.files import cache_folder
    from ferkit.version import __version__
    from ferkit.weights.named import named_model

    named = named_model(model)
    convention = Convention.of(class_names, pixels)
    if named.runs_on_onnx:
        if named.kind == "onnx" and convention.is_stated:
            raise UsageError(
                f"{model} is an ONNX file, which needs no export; pass class_names and pixels to "
                "ferkit.EmotionRecognizer."
            )
        convention.refuse(str(model))
        return str(model)
    content = hashlib.sha256(named.keras.read_bytes())
    content.update(repr((convention, __version__)).encode())
    cached = cache_folder() / "exported" / f"{content.hexdigest()[:24]}.onnx"
    if not cached.is_file():
        from ferkit.export.export import export_model

        print(f"ferkit: exporting {model} to ONNX, once", file=sys.stderr)
        export_model(model, cached, class_names=class_names, pixels=pixels)
    return str(cached)
