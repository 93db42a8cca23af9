"""One picture or frame as a plain dictionary (`docs/schema/`), and as flat rows for tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ferkit.inference.results import FaceEmotions

# Columns of CSV and Parquet before the probabilities `p_NAME`; `face` counts from 0.
COLUMNS: Final = (
    "source",
    "time_s",
    "image_width",
    "image_height",
    "face",
    "track_id",
    "x1",
    "y1",
    "x2",
    "y2",
    "face_score",
    "emotion",
    "confidence",
    "uncertain",
    "error",
)


def make_record(source: str, faces: FaceEmotions, *, top_k: int | None = None) -> dict[str, Any]:
    """Return the record of a picture that was read.

    Args:
        source: What the caller knows it by, see `printable`.
        faces: What was found in it.
        top_k: Only so many of the probabilities, the highest first. Defaults to None: all in the
            model's order.

    Example:
        >>> make_record("a.jpg", FaceEmotions.empty((640, 480)))["faces"]
        []
    """
    found = faces.to_dicts()
    if top_k is not None:
        for face in found:
            ranked = sorted(face["probabilities"].items(), key=lambda item: -item[1])
            face["probabilities"] = dict(ranked[:top_k])
    time_s = None if faces.time_s is None else round(float(faces.time_s), 6)
    return {
        "source": source,
        "image_size": list(faces.image_size),
        "faces": found,
        "time_s": time_s,
        "error": None,
    }


def error_record(source: str, error: object) -> dict[str, Any]:
    """Return the record of a picture that could not be read."""
    return {
        "source": source,
        "image_size": None,
        "faces": [],
        "time_s": None,
        "error": printable(str(error)),
    }


def printable(text: str) -> str:
    r"""Return `text` as valid Unicode: bytes of a file name that are not UTF-8 stand as `\udcXX`.

    Example:
        >>> printable("caf\udce9.jpg")
        'caf\\udce9.jpg'
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def column_names(emotions: Sequence[str]) -> list[str]:
    """Return the columns of a table of a model with these classes."""
    return [*COLUMNS, *(f"p_{name}" for name in emotions)]


def flat_rows(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a row per face; a picture without a face and one with an error have one row with empty
    cells.
    """
    width, height = record["image_size"] or (None, None)
    about = {
        "source": record["source"],
        "time_s": record["time_s"],
        "image_width": width,
        "image_height": height,
        "error": record["error"],
    }
    return [about | _cells(index, face) for index, face in enumerate(record["faces"])] or [about]


def _cells(index: int, face: dict[str, Any]) -> dict[str, Any]:
    plain = ("track_id", "face_score", "emotion", "confidence", "uncertain")
    corners = dict(zip(("x1", "y1", "x2", "y2"), face["box"], strict=True))
    probabilities = {f"p_{name}": value for name, value in face["probabilities"].items()}
    return {"face": index, **corners, **{name: face[name] for name in plain}, **probabilities}
