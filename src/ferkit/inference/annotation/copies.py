"""The annotated copies that `ferkit predict --annotate` writes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ferkit.errors import ExistingFileError, UsageError
from ferkit.targets import MARK, file_identity, is_own

if TYPE_CHECKING:
    import numpy as np

    from ferkit.inference.pictures.sources import Source
    from ferkit.inference.results import FaceEmotions


def annotated_paths(
    folder: Path, sources: list[Source], *, overwrite: bool = False
) -> dict[Path, Path]:
    """Return the path of the annotated copy of each source; equal names get a number.

    Raises:
        UsageError: A copy would replace a source.
        ExistingFileError: A copy would replace a file that is not an annotated copy, and
            `overwrite` is False.
    """
    targets, taken = {}, set[str]()
    originals = {file_identity(source.path) for source in sources}
    for source in sources:
        below = source.below
        suffix = ".jpg" if below.suffix.lower() in (".jpg", ".jpeg", ".jfif", ".jpe") else ".png"
        target, number = below.with_suffix(suffix), 1
        while str(target).casefold() in taken:
            number += 1
            target = below.with_name(f"{below.stem}-{number}{suffix}")
        taken.add(str(target).casefold())
        copy = folder / target
        if os.path.lexists(copy):
            told = f"The copy {copy} would overwrite a picture; name another folder."
            if file_identity(copy) in originals:
                raise UsageError(told)
            if not (overwrite or (is_own(copy) and not copy.is_symlink())):
                raise ExistingFileError(told)
        targets[source.path] = copy
    return targets


def save_annotated(path: Path, pixels: np.ndarray, faces: FaceEmotions) -> None:
    """Write the annotated picture, with a comment that marks it as ferkit's.

    Raises:
        OutputError: It cannot be written.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    from ferkit.files import atomic_path
    from ferkit.inference.annotation.annotate import annotate

    text = PngInfo()
    text.add_text("Comment", MARK)
    with atomic_path(path) as partial:
        # Each format ignores the options of the other.
        Image.fromarray(annotate(pixels, faces, enlarge=True)).save(
            partial, quality=92, comment=MARK, pnginfo=text
        )
