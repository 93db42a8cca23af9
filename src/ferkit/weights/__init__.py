"""The models that ferkit ships: `NAME.onnx`, `NAME.json` (its card), and some
`NAME.keras`.
"""

from __future__ import annotations

import json
import re
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from ferkit.errors import ModelError, UsageError
from ferkit.weights.locate import is_here, locate_file, sha256_of

__all__ = [
    "DEFAULT_MODEL",
    "NAME_PATTERN",
    "OLD_NAMES",
    "has_onnx_file",
    "is_shipped",
    "keras_file",
    "model_card",
    "onnx_file",
    "present_name",
    "sha256_of",
    "shipped_models",
]

# The default model of recognition.
DEFAULT_MODEL: Final = "small-wild"

# No separator and no dot: "../secret" must not become a path below the folder.
NAME_PATTERN = re.compile(r"[a-z][a-z0-9_-]{0,99}")

# Names of the models for FER-2013's own labels before version 0.1. Programs that use them still get
# the same labels.
OLD_NAMES: Final = {
    f"{size}{ending}": f"{size}-fer2013{ending}"
    for size in ("nano", "small", "base")
    for ending in ("", "-int8")
}
_advised: set[str] = set()


def shipped_models() -> tuple[str, ...]:
    """Return the names of the shipped models, the smallest first, and 8-bit variants after their
    model.

    Example:
        >>> "cnn6" in shipped_models()
        False
    """
    cards = [model_card(file.stem) for file in _folder().glob("*.json")]
    return tuple(card["name"] for card in sorted(cards, key=_rank))


def is_shipped(name: object) -> bool:
    """Return whether `name` is the name of a shipped model; paths are not.

    Example:
        >>> is_shipped("runs/nano"), is_shipped(3)
        (False, False)
    """
    if not isinstance(name, str) or not NAME_PATTERN.fullmatch(name):
        return False
    return (_folder() / f"{OLD_NAMES.get(name, name)}.json").is_file()


def present_name(name: str) -> str:
    """Return the current name of a model, with a notice on standard error at the first use of an
    old name.

    Example:
        >>> present_name("small-fer2013")
        'small-fer2013'
    """
    today = OLD_NAMES.get(name)
    if today is None:
        return name
    if name not in _advised:
        _advised.add(name)
        wild = f"{name.removesuffix('-int8')}-wild"
        print(
            f"ferkit: the model '{name}' is now called {today} and answers with FER-2013's own "
            f"labels; for your own photographs use {wild}, which recognises calm faces as neutral.",
            file=sys.stderr,
        )
    return today


def model_card(name: str) -> dict[str, Any]:
    """Return the card of a shipped model: task, labels, training, metrics, limitations, hashes.

    Args:
        name: One of `shipped_models()`.

    Raises:
        UsageError: No shipped model has this name.
        ModelError: The installation is damaged.
    """
    if not is_shipped(name):
        known = ", ".join(sorted(file.stem for file in _folder().glob("*.json"))) or "none yet"
        raise UsageError(f"There is no shipped model '{name}'; ferkit ships: {known}.")
    name = present_name(name)
    try:
        card: dict[str, Any] = json.loads((_folder() / f"{name}.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"The card of '{name}' cannot be read ({error}); {_REPAIR}.") from error
    return card


def onnx_file(name: str) -> Path:
    """Return the ONNX file of a shipped model, checked against the SHA-256 that its card states.

    Args:
        name: One of `shipped_models()`.

    Raises:
        UsageError: No shipped model has this name.
        ModelError: The file is not the one on the card.
        DownloadError: It is not in this installation and cannot be downloaded.
    """
    return locate_file(_folder(), model_card(name)["files"]["onnx"])


def has_onnx_file(name: str) -> bool:
    """Return whether `onnx_file` works without a network; the wheel lacks the largest files.

    Args:
        name: One of `shipped_models()`.

    Raises:
        UsageError: No shipped model has this name.

    Example:
        >>> has_onnx_file("nano-fer2013")
        True
    """
    return is_here(_folder(), model_card(name)["files"]["onnx"])


def keras_file(name: str) -> Path:
    """Return the Keras file of a shipped model, for fine-tuning, checked like `onnx_file`.

    Raises:
        UsageError: No shipped model has this name.
        ModelError: The model is shipped without a Keras file, or the file is damaged.
        DownloadError: It is not in this installation and cannot be downloaded.
    """
    card = model_card(name)
    if "variant_of" in card:
        raise ModelError(
            f"'{name}' is an 8-bit variant, which is shipped only as ONNX; use "
            f"'{card['variant_of']}' instead."
        )
    if "members" in card:
        known = [each["name"] for each in card["members"] if is_shipped(each["name"])]
        raise ModelError(
            f"'{name}' is several networks in one ONNX file, without a Keras file; use a single "
            f"network instead: {', '.join(known or [DEFAULT_MODEL])}."
        )
    if "keras" not in card["files"]:
        raise ModelError(
            f"The model '{name}' is shipped only as ONNX, since its Keras file is large; "
            "train its recipe to get one."
        )
    return locate_file(_folder(), card["files"]["keras"])


def _rank(card: dict[str, Any]) -> tuple[int, str]:
    return card["parameters"], card["name"]


_REPAIR = "install ferkit again with: pip install --force-reinstall --no-deps ferkit"


def _folder() -> Path:
    """Return the folder of this package; wheels are always unpacked, so it is a real one."""
    return Path(str(files(__name__)))
