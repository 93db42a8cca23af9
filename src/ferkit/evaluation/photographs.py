"""Accuracy on labelled photographs, through the whole pipeline of detector, crop and model."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ferkit.data.layout import has_image_suffix, is_litter
from ferkit.data.table import open_zip
from ferkit.errors import DataError, ImageError
from ferkit.inference.classifier import EmotionClassifier
from ferkit.inference.crops import CropRule, crop_faces
from ferkit.inference.detectors.detail import detect_faces
from ferkit.inference.detectors.protocol import FaceDetector, crop_rule_of
from ferkit.inference.pictures.images import read_image
from ferkit.labels import EMOTIONS, canonical_emotion
from ferkit.metrics.scores import classification_metrics

_TABLE = "labels.csv"


@dataclass(frozen=True)
class Photograph:
    """A labelled photograph of one person.

    Attributes:
        name: Its name in the folder or zip file.
        content: The bytes of the file.
        emotion: One of the seven.
    """

    name: str
    content: bytes
    emotion: str


@dataclass(frozen=True, eq=False)
class FoundFace:
    """The detected face of a photograph.

    Attributes:
        pixels: uint8 `(h, w, 3)`, the upright RGB picture.
        box: float `(4,)`, `x1, y1, x2, y2` in its pixels; the whole picture if no face was found.
        roll: Clockwise rotation of the face in degrees.
        found: Whether a face was found.
        emotion: Its label.
    """

    pixels: np.ndarray
    box: np.ndarray
    roll: float
    found: bool
    emotion: str


def read_photographs(path: str | os.PathLike[str]) -> Iterator[Photograph]:
    """Read the photographs of a folder or zip file one by one.

    The labels are in a `labels.csv` with the columns `image` and `emotion`, or are the names of the
    folders that contain the pictures.

    Raises:
        DataError: There is no such folder or file, it contains no picture, or an emotion is
            unknown.
    """
    root = Path(path).expanduser()
    if zipfile.is_zipfile(root):
        with open_zip(root) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            yield from _labelled(str(root), names, archive.read)
    elif root.is_dir():
        names = [f.relative_to(root).as_posix() for f in sorted(root.rglob("*")) if f.is_file()]
        yield from _labelled(str(root), names, lambda name: (root / name).read_bytes())
    else:
        raise DataError(f"There is no folder or zip file {root}; give labelled photographs.")


def find_face(photograph: Photograph, detector: FaceDetector) -> FoundFace:
    """Return the largest face of a photograph, or the whole picture if no face is found.

    Raises:
        DataError: The photograph cannot be read.
    """
    try:
        pixels = read_image(photograph.content).pixels
    except ImageError as error:
        raise DataError(f"{photograph.name} cannot be read: {error}") from error
    faces = detect_faces(detector, pixels)
    if not len(faces):
        height, width = pixels.shape[:2]
        whole = np.array([0.0, 0, width, height])
        return FoundFace(pixels, whole, 0.0, False, photograph.emotion)
    areas = (faces.xyxy[:, 2:] - faces.xyxy[:, :2]).prod(axis=1)
    largest = faces[[int(areas.argmax())]]
    roll = 0.0 if largest.roll is None else float(largest.roll[0])
    return FoundFace(pixels, largest.xyxy[0], roll, True, photograph.emotion)


def face_crops(faces: list[FoundFace], detector: FaceDetector) -> np.ndarray:
    """Return the crops of these faces as in recognition, uint8 `(n, 48, 48, 1)`."""
    rule = crop_rule_of(detector)
    crops = [
        crop_faces(
            face.pixels, face.box[None], rule if face.found else CropRule(), np.array([face.roll])
        )[0]
        for face in faces
    ]
    return np.stack(crops)


def photograph_metrics(labels: list[str], rows: np.ndarray, below: float | None) -> dict[str, Any]:
    """Return the metrics of predictions for photographs.

    Args:
        labels: The emotion of each.
        rows: float `(n, 7)`, probabilities in the order of `EMOTIONS`.
        below: The confidence below which the model calls an answer uncertain; None if it calls
            none so.

    Returns:
        As `classification_metrics`, with `neutral_recall`, and under `uncertain` the share of
        answers so marked and the shares of wrong ones among these and among the rest.

    Example:
        >>> rows = np.eye(7)[[3, 3, 6, 6]]
        >>> found = photograph_metrics(["happy", "happy", "neutral", "happy"], rows, None)
        >>> found["accuracy"], found["neutral_recall"], found["uncertain"]
        (0.75, 1.0, None)
    """
    truth = np.array([EMOTIONS.index(label) for label in labels])
    metrics = classification_metrics(truth, rows, EMOTIONS)
    neutral = metrics["per_class"]["neutral"]
    metrics["neutral_recall"] = neutral["recall"] if neutral["support"] else None
    metrics["uncertain"] = None if below is None else _uncertain(truth, rows, below)
    return metrics


def measure_crops(
    classifier: EmotionClassifier, crops: np.ndarray, labels: list[str]
) -> dict[str, Any]:
    """Return `photograph_metrics` of a classifier of ferkit's, whose classes are the seven."""
    order = [classifier.emotions.index(name) for name in EMOTIONS]
    rows = classifier.predict(crops)[:, order]
    return photograph_metrics(labels, rows, classifier.uncertain_below)


def _uncertain(truth: np.ndarray, rows: np.ndarray, below: float) -> dict[str, float | None]:
    marked, wrong = rows.max(axis=1) < below, rows.argmax(axis=1) != truth
    return {
        "below": below,
        "share": float(marked.mean()),
        "wrong": float(wrong[marked].mean()) if marked.any() else None,
        "wrong_of_rest": float(wrong[~marked].mean()) if (~marked).any() else None,
    }


def _labelled(root: str, names: list[str], read: Any) -> Iterator[Photograph]:
    table = next((name for name in names if name.split("/")[-1] == _TABLE), None)
    if table is not None:
        folder = table[: -len(_TABLE)]
        rows = csv.DictReader(io.StringIO(read(table).decode("utf-8-sig")))
        if not {"image", "emotion"} <= set(rows.fieldnames or ()):
            raise DataError(f"{root}: {table} needs the columns image and emotion.")
        pairs = [(folder + (row["image"] or ""), row["emotion"] or "") for row in rows]
    else:
        pictures = [name for name in names if has_image_suffix(name) and "/" in name]
        wanted = [name for name in pictures if not is_litter(name, keep_other_files=True)]
        pairs = [(name, name.split("/")[-2]) for name in wanted]
    if not pairs:
        raise DataError(f"{root} has neither {_TABLE} nor folders named after emotions.")
    present = set(names)
    for name, word in pairs:
        emotion = canonical_emotion(word)
        if emotion is None:
            raise DataError(
                f"{root}: {name} is labelled '{word}'; expected one of {', '.join(EMOTIONS)}."
            )
        if name not in present:
            raise DataError(f"{root} has no picture {name}, which its {_TABLE} names.")
        yield Photograph(name, read(name), emotion)
