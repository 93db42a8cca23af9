"""The annotated copies that `ferkit predict --annotate` writes."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ferkit.errors import UsageError

if TYPE_CHECKING:
    import numpy as np

    from ferkit.inference.results import FaceEmotions
    from ferkit.inference.sources import Source


def annotated_paths(folder: Path, sources: list[Source]) -> dict[Path, Path]:
    """Return where the annotated copy of each source goes; names that meet get a number.

    Raises:
        UsageError: A copy would take the place of an original.
    """
    targets, taken = {}, set[str]()
    home = functools.cache(os.path.realpath)
    originals = {(home(source.path.parent), source.path.name) for source in sources}
    for source in sources:
        below = source.below
        suffix = ".jpg" if below.suffix.lower() in (".jpg", ".jpeg", ".jfif", ".jpe") else ".png"
        target, number = below.with_suffix(suffix), 1
        while str(target).lower() in taken:
            number += 1
            target = below.with_name(f"{below.stem}-{number}{suffix}")
        taken.add(str(target).lower())
        copy = folder / target
        if (home(copy.parent), copy.name) in originals:
            raise UsageError(f"The copy {copy} would overwrite a picture; name another --annotate.")
        targets[source.path] = copy
    return targets


def save_annotated(path: Path, pixels: np.ndarray, faces: FaceEmotions) -> None:
    """Write the picture with what was found drawn into it.

    Raises:
        OutputError: It can not be written.
    """
    from PIL import Image

    from ferkit.files import atomic_path
    from ferkit.inference.annotate import annotate

    with atomic_path(path) as partial:
        Image.fromarray(annotate(pixels, faces, enlarge=True)).save(partial, quality=92)
