"""The annotated copies that `ferkit predict --annotate` writes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ferkit.errors import UsageError

if TYPE_CHECKING:
    import numpy as np

    from ferkit.inference.pictures.sources import Source
    from ferkit.inference.results import FaceEmotions

# The comment inside every copy, by which a rerun knows the pictures that it may replace.
_MARK = "Annotated by ferkit"


def annotated_paths(folder: Path, sources: list[Source]) -> dict[Path, Path]:
    """Return where the annotated copy of each source goes; names that meet get a number.

    Raises:
        UsageError: A copy would take the place of something else than an annotated copy.
    """
    targets, taken = {}, set[str]()
    # Files, not names: a file system may take IMG.JPG and IMG.jpg for one, and links have many.
    originals = {_identity(source.path) for source in sources}
    for source in sources:
        below = source.below
        suffix = ".jpg" if below.suffix.lower() in (".jpg", ".jpeg", ".jfif", ".jpe") else ".png"
        target, number = below.with_suffix(suffix), 1
        while str(target).casefold() in taken:
            number += 1
            target = below.with_name(f"{below.stem}-{number}{suffix}")
        taken.add(str(target).casefold())
        copy = folder / target
        is_there = os.path.lexists(copy)
        if is_there and (_identity(copy) in originals or not _is_annotated(copy)):
            raise UsageError(f"The copy {copy} would overwrite a picture; name another --annotate.")
        targets[source.path] = copy
    return targets


def save_annotated(path: Path, pixels: np.ndarray, faces: FaceEmotions) -> None:
    """Write the picture with what was found drawn into it, and a comment that says so.

    Raises:
        OutputError: It cannot be written.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    from ferkit.files import atomic_path
    from ferkit.inference.annotation.annotate import annotate

    text = PngInfo()
    text.add_text("Comment", _MARK)
    with atomic_path(path) as partial:
        # Either format leaves the options of the other alone.
        Image.fromarray(annotate(pixels, faces, enlarge=True)).save(
            partial, quality=92, comment=_MARK, pnginfo=text
        )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except (OSError, ValueError):  # not there, or a zero byte
        return None
    return (status.st_dev, status.st_ino)


def _is_annotated(path: Path) -> bool:
    """Say whether `save_annotated` wrote the file; a link is none, whatever it leads to."""
    from PIL import Image

    if path.is_symlink():
        return False
    try:
        with Image.open(path) as image:
            comment = image.info.get("comment", image.info.get("Comment"))
    except Exception:  # Pillow's readers raise many kinds for what is no picture
        return False
    return comment in (_MARK, _MARK.encode())
