"""Saving and loading Keras models atomically, with the names of their labels."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from typing import TYPE_CHECKING, Any

from ferkit.errors import ModelError, first_line
from ferkit.files import atomic_path
from ferkit.labels import EMOTIONS
from ferkit.weights.named import named_model

if TYPE_CHECKING:
    import keras

# An additional member of the .keras zip file; Keras ignores unknown names.
_CARD = "ferkit.json"


def save_model(
    model: keras.Model,
    path: str | os.PathLike[str],
    emotions: tuple[str, ...] = EMOTIONS,
    card: dict[str, Any] | None = None,
) -> None:
    """Write `model` and the names of its labels to a `.keras` file.

    Args:
        model: An uncompiled or compiled Keras model.
        path: The file, ending in `.keras`.
        emotions: The names of its outputs, in order.
        card: Further metadata for the file (epoch, validation accuracy), as JSON values.

    Raises:
        OutputError: The file cannot be written; an existing file is unchanged.
    """
    with atomic_path(path) as partial:
        model.save(partial)
        with zipfile.ZipFile(partial, "a") as archive:
            archive.writestr(_CARD, json.dumps({**(card or {}), "emotions": list(emotions)}))


def load_model(path: str | os.PathLike[str]) -> keras.Model:
    """Load a `.keras` file, or the `model.keras` of a run folder.

    Raises:
        ModelError: There is no such file, it is not a whole Keras model, or it cannot be unpacked.
    """
    file = named_model(path).keras
    from ferkit.backend.choosing import prepare_backend

    prepare_backend()
    import keras

    try:
        return keras.saving.load_model(file, compile=False)
    except (ValueError, OSError, KeyError, TypeError, zipfile.BadZipFile) as error:
        if isinstance(error, OSError) and error.errno:  # of the system, which says nothing of it
            raise ModelError(
                f"Cannot load {file}: {error.strerror}. Free some space in "
                f"{tempfile.gettempdir()}, where Keras unpacks it, and check the rights to both."
            ) from error
        reason = first_line(error)[:200]
        raise ModelError(f"{file} is not a whole Keras model ({reason}).") from error


def load_untrained(path: str | os.PathLike[str]) -> keras.Model:
    """Load the network of a `.keras` file, or of the `model.keras` of a run folder, without its
    weights.

    Nothing is written, as Keras does when it unpacks weights, so it works on a full disk.

    Raises:
        ModelError: There is no such file, or it is not a whole Keras model.
    """
    file = named_model(path).keras
    from ferkit.backend.choosing import prepare_backend

    prepare_backend()
    import keras

    try:
        with zipfile.ZipFile(file) as archive:
            return keras.models.model_from_json(archive.read("config.json").decode())
    except (ValueError, OSError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise ModelError(f"{file} is not a whole Keras model ({error}).") from error


def model_card(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the metadata that `save_model` stored: `emotions`, and the entries of the training.

    A Keras file that ferkit did not write has the seven emotions of FER-2013.

    Raises:
        ModelError: There is no such file.
    """
    return own_card(path) or {"emotions": EMOTIONS}


def own_card(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """Return the metadata that `save_model` stored; None for a file that ferkit did not write.

    Raises:
        ModelError: There is no such file, or it is cut off.
    """
    file = named_model(path).keras
    if file.suffix.lower() != ".keras":  # the older formats have no place for a card
        return None
    try:
        with zipfile.ZipFile(file) as archive:
            if _CARD in archive.namelist():
                card: dict[str, Any] = json.loads(archive.read(_CARD))
                return {**card, "emotions": tuple(card["emotions"])}
    except (zipfile.BadZipFile, ValueError) as error:
        raise ModelError(f"{file} is not a whole Keras model ({error}).") from error
    return None
