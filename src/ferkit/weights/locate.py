"""The locations of shipped models' files: in the package, in a folder of your own, or downloaded.

A wheel contains the ONNX files that fit into it; a checkout contains all. Files that a wheel lacks,
such as the Keras files for fine-tuning, are downloaded from the release and checked against the
SHA-256 on the model's card.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, Final

from ferkit.errors import ModelError

RELEASE: Final = "https://github.com/ferkit/ferkit/releases/download"
_REPAIR: Final = "install ferkit again with: pip install --force-reinstall --no-deps ferkit"


def locate_file(package: Path, wanted: dict[str, Any]) -> Path:
    """Return a complete and verified file of a card.

    It is searched in the package, then in `FERKIT_WEIGHTS` if that is a folder, then in the cache,
    into which it is downloaded from the release, or from `FERKIT_WEIGHTS` if that is an address.

    Args:
        package: The folder of the cards.
        wanted: The `name` and `sha256` of the file.

    Raises:
        ModelError: The file that was found is not the one on the card.
        DownloadError: It was not found and cannot be downloaded.
        OutputError: The cache folder cannot be written.
    """
    path = package / wanted["name"]
    if path.exists():
        return _checked(path, wanted["sha256"], _REPAIR)
    chosen = os.environ.get("FERKIT_WEIGHTS", "").strip()
    if chosen and "://" not in chosen:
        path = Path(chosen).expanduser() / wanted["name"]
        if not path.is_file():
            raise ModelError(
                f"FERKIT_WEIGHTS names the folder {chosen}, which has no {wanted['name']}; "
                "put it there, or unset FERKIT_WEIGHTS to download it."
            )
        return _checked(path, wanted["sha256"], "take it from the same release as ferkit")
    return _fetched(wanted, chosen or _release())


def is_here(package: Path, wanted: dict[str, Any]) -> bool:
    """Return whether `locate_file` would find the file without a network."""
    chosen = os.environ.get("FERKIT_WEIGHTS", "").strip()
    own = Path(chosen).expanduser() if chosen and "://" not in chosen else None
    places = (package / wanted["name"], own and own / wanted["name"], _cached(wanted))
    return any(path is not None and path.is_file() for path in places)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetched(wanted: dict[str, Any], base: str) -> Path:
    from ferkit.fetching import fetch_file

    url = f"{base.rstrip('/')}/{wanted['name']}"
    path = _cached(wanted)
    by_hand = (
        f"download {url} into a folder and name that folder with FERKIT_WEIGHTS, or work in a "
        "checkout of ferkit, which has it"
    )
    return fetch_file(url, wanted["sha256"], path, what=wanted["name"], by_hand=by_hand)


def _cached(wanted: dict[str, Any]) -> Path:
    from ferkit.files import cache_folder

    # In a folder named after its checksum, since other releases have files of the same names.
    path: Path = cache_folder() / "weights" / wanted["sha256"][:12] / wanted["name"]
    return path


def _release() -> str:
    from ferkit.version import __version__

    return f"{RELEASE}/v{__version__}"


def _checked(path: Path, wanted: str, repair: str) -> Path:
    try:
        found = sha256_of(path)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); {repair}.") from error
    if found != wanted:
        raise ModelError(
            f"{path} is not the file of the model's card: expected SHA-256 {wanted[:12]}..., "
            f"got {found[:12]}...; {repair}."
        )
    return path
