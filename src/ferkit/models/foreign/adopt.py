"""The Keras file of a model from another program, including adapter and class names."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ferkit.data.convention import Convention
from ferkit.files import cache_folder
from ferkit.version import __version__
from ferkit.weights.named import NamedModel


def adopted_file(named: NamedModel, convention: Convention) -> Path:
    """Return a Keras file in ferkit's format for `named`: its own, or an adapted one in the cache.

    Args:
        named: A model with a Keras file.
        convention: The classes and pixels that the user states for a file from another program.

    Raises:
        UsageError: The user states a convention for a file that contains its own.
        ModelError: The file is broken, or not an image classifier.
        OutputError: The cache cannot be written.
    """
    from ferkit.models.checkpoint import load_model, own_card, save_model

    file = named.keras
    if named.kind != "keras" or own_card(file) is not None:
        convention.refuse(str(named.path or named.name))
        return file
    from ferkit.models.foreign.keras_adapter import adapt

    # Adapted again even if it is cached, so that the assumptions are printed every time.
    model, names = adapt(load_model(file), convention, str(file))
    content = hashlib.sha256(file.read_bytes())
    content.update(repr((convention, __version__)).encode())
    kept = cache_folder() / "adopted" / f"{content.hexdigest()[:24]}.keras"
    if not kept.is_file():
        save_model(model, kept, names, {"name": named.name})
    return kept
