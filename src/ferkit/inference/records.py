"""The record of a picture or frame: a plain dictionary (see `predict.schema.json`), and its
rows.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from ferkit.errors import FerkitError
from ferkit.inference.face_row import from_member
from ferkit.inference.results import FaceEmotions


def make_record(
    source: object, result: FaceEmotions | FerkitError, *, top_k: int | None = None
) -> dict[str, Any]:
    """Return the record of a picture, ready for JSON and for every sink.

    Args:
        source: Identifies the picture: a path, a name or a number.
        result: The faces in it, or the error if it cannot be read, as yielded by
            `EmotionRecognizer.stream`.
        top_k: Only this many of the probabilities, the highest first. Defaults to None: all in the
            model's order.

    Example:
        >>> make_record("a.jpg", FaceEmotions.empty((640, 480)))["faces"]
        []
    """
    if isinstance(result, FerkitError):
        return error_record(source, result)
    found = result.to_dicts()
    if top_k is not None:
        for face in found:
            ranked = sorted(face["probabilities"].items(), key=lambda item: -item[1])
            face["probabilities"] = dict(ranked[:top_k])
    time_s = None if result.time_s is None else round(float(result.time_s), 6)
    return {
        "source": printable(str(source)),
        "image_size": list(result.image_size),
        "faces": found,
        "time_s": time_s,
        "error": None,
    }


def error_record(source: object, error: object) -> dict[str, Any]:
    """Return the record of a picture that could not be read."""
    return {
        "source": printable(str(source)),
        "image_size": None,
        "faces": [],
        "time_s": None,
        "error": printable(str(error)),
    }


def printable(text: str) -> str:
    r"""Return `text` as valid Unicode: bytes of a file name that are not UTF-8 become `\udcXX`.

    Example:
        >>> printable("caf\udce9.jpg")
        'caf\\udce9.jpg'
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


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
    members = enumerate(record["faces"])
    return [about | from_member(index, member) for index, member in members] or [about]


def record_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of a list of records.

    Example:
        >>> sorted(record_schema()["$defs"])
        ['face', 'record']
    """
    text = files("ferkit.inference").joinpath("predict.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
