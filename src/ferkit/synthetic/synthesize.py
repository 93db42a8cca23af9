"""A data set of drawn faces in the layout of FER-2013, made without network or download."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np

from ferkit.errors import DataError, OutputError, UsageError
from ferkit.files import read_json, require_elsewhere, write_json
from ferkit.labels import EMOTIONS, SPLITS
from ferkit.progress import ProgressBar
from ferkit.renamed import renamed_arguments
from ferkit.synthetic.face import draw_face

# Goes up with every change that draws other bytes from the same seed.
DRAWING_VERSION: Final = 1

_CARD: Final = "synthesis.json"
_QUALITY: Final = 95  # of the JPEG files
_PREFIXES: Final = {"train": "Training", "validation": "PublicTest", "test": "PrivateTest"}


@renamed_arguments(directory="out")
def synthesize(out: str | os.PathLike[str], *, per_class: int = 250, seed: int = 0) -> Path:
    """Draw faces into `out`, in Kaggle's folder layout of FER-2013.

    Each emotion gets `per_class` images in `train/` and `max(1, per_class // 5)` for each of
    validation and test in `test/`, as 48x48 grey JPEG files. Head, hair, skin, pose, light, camera
    and occlusion are drawn by chance; the expressions follow the action units of Ekman and Friesen,
    "Facial Action Coding System", 1978. The same seed gives the same bytes, and an image does not
    depend on `per_class`: a larger set begins with the smaller one.

    Args:
        out: Folder to make. If it holds the same set already, nothing is done. It appears
            under its name only when it is complete.
        per_class: Training images for each emotion, at least 1. Defaults to 250.
        seed: Draws everything; 0 or more. Defaults to 0.

    Returns:
        `out` as a `Path`.

    Raises:
        UsageError: `per_class` is below 1 or `seed` below 0.
        OutputError: `out` holds something else, or cannot be written.

    Example:
        >>> import tempfile
        >>> faces = synthesize(tempfile.mkdtemp() + "/faces", per_class=1, seed=3)
        >>> sorted(path.name for path in faces.glob("*/happy/*.jpg"))
        ['PrivateTest_3.jpg', 'PublicTest_3.jpg', 'Training_3.jpg']
    """
    if per_class < 1:
        raise UsageError(f"per_class must be at least 1, got {per_class}; give a larger number.")
    if seed < 0:
        raise UsageError(f"seed must be 0 or more, got {seed}; give a number from 0 up.")
    target = Path(out).expanduser()
    card = {"per_class": per_class, "seed": seed, "version": DRAWING_VERSION}
    if _is_there(target, card):
        return target
    require_elsewhere(target)
    partial = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
    try:
        partial.mkdir(parents=True)
        _write_images(partial, per_class, seed)
        write_json(partial / _CARD, card)
        with suppress(FileNotFoundError):
            target.rmdir()  # an empty folder; Windows does not rename over it
        partial.rename(target)
    except OutputError:
        raise
    except OSError as error:
        if _is_there(target, card):  # another process drew the same set meanwhile
            return target
        raise OutputError(
            f"Cannot write the drawn faces to {target}: {error.strerror or error}; "
            "free some space or choose another folder."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def _is_there(target: Path, card: dict[str, Any]) -> bool:
    """Return whether `target` holds the set that `card` describes; raise if it holds anything
    else.
    """
    try:
        if not target.exists() or (target.is_dir() and not any(target.iterdir())):
            return False
        found = read_json(target / _CARD)
        n_files = sum(1 for _ in target.glob("*/*/*.jpg"))
    except (OSError, DataError):
        found, n_files = None, 0
    if found == card and n_files == sum(1 for _ in _plan(card["per_class"])):
        return True
    raise OutputError(
        f"{target} already holds something other than this set of drawn faces; "
        "choose another folder or delete this one."
    )


def _plan(per_class: int) -> Iterator[tuple[int, int, int]]:
    """Yield split, emotion and index of each image."""
    for split, name in enumerate(SPLITS):
        count = per_class if name == "train" else max(1, per_class // 5)
        for index in range(count):
            for emotion in range(len(EMOTIONS)):
                yield split, emotion, index


def _write_images(folder: Path, per_class: int, seed: int) -> None:
    """Draw every image of the set into `folder`."""
    from PIL import Image

    for top in ("train", "test"):
        for name in EMOTIONS:
            (folder / top / name).mkdir(parents=True)
    for split, emotion, index in _with_progress(list(_plan(per_class))):
        # A separate random stream for each image: it does not depend on the number of others.
        rng = np.random.default_rng([seed, split, emotion, index])
        pixels = draw_face(EMOTIONS[emotion], rng)
        top = "train" if SPLITS[split] == "train" else "test"
        number = index * len(EMOTIONS) + emotion
        name = f"{_PREFIXES[SPLITS[split]]}_{number}.jpg"
        Image.fromarray(pixels).save(folder / top / EMOTIONS[emotion] / name, quality=_QUALITY)


def _with_progress(plan: list[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
    """Yield from `plan`; show how far it is where stderr is a terminal."""
    with ProgressBar(len(plan), unit="faces") as bar:
        for done, item in enumerate(plan):
            bar.move(done, "drawing")
            yield item
