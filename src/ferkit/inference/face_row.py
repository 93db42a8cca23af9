"""The row of a face: its columns, defined once for JSON, CSV, Parquet and pandas."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

import numpy as np


@dataclass(frozen=True)
class Column:
    """One column of a table of faces.

    Attributes:
        name: Its name.
        kind: Type of its cells; any cell may be empty.
        digits: Decimals of a number in text and JSON. Defaults to 4.
    """

    name: str
    kind: Literal["text", "whole", "number", "truth"]
    digits: int = 4


class _FaceArrays(Protocol):
    """The input of rows: the arrays of `ferkit.FaceEmotions`, one row per face."""

    @property
    def xyxy(self) -> np.ndarray: ...
    @property
    def face_score(self) -> np.ndarray: ...
    @property
    def probabilities(self) -> np.ndarray: ...
    @property
    def emotions(self) -> tuple[str, ...]: ...
    @property
    def label(self) -> np.ndarray: ...
    @property
    def confidence(self) -> np.ndarray: ...
    @property
    def uncertain(self) -> np.ndarray: ...
    @property
    def track_id(self) -> np.ndarray | None: ...
    @property
    def image_size(self) -> tuple[int, int]: ...
    @property
    def time_s(self) -> float | None: ...
    def __len__(self) -> int: ...


# Before the probabilities `p_NAME`; boxes are in pixels of the original, upright picture, and
# `face` counts from 0 within it.
_COLUMNS: Final = (
    Column("source", "text"),
    Column("time_s", "number", digits=6),
    Column("image_width", "whole"),
    Column("image_height", "whole"),
    Column("face", "whole"),
    Column("track_id", "whole"),
    Column("x1", "number", digits=1),
    Column("y1", "number", digits=1),
    Column("x2", "number", digits=1),
    Column("y2", "number", digits=1),
    Column("face_score", "number"),
    Column("emotion", "text"),
    Column("confidence", "number"),
    Column("uncertain", "truth"),
    Column("error", "text"),
)
_DIGITS: Final = {column.name: column.digits for column in _COLUMNS}
_BOX: Final = ("x1", "y1", "x2", "y2")
# The members of a face in JSON that are cells of its row; `box` and `probabilities` hold others.
_ALONE: Final = ("face_score", "emotion", "confidence", "uncertain")


@functools.lru_cache(maxsize=16)
def columns(emotions: tuple[str, ...]) -> tuple[Column, ...]:
    """Return the columns of a table of a model with these classes.

    Example:
        >>> [column.name for column in columns(("happy", "sad"))][-3:]
        ['error', 'p_happy', 'p_sad']
    """
    return (*_COLUMNS, *(Column(f"p_{name}", "number") for name in emotions))


def face_columns(faces: _FaceArrays) -> dict[str, Any]:
    """Return the cells of each column but `source` and `error`, `(n,)` each, at full precision."""
    n, (width, height) = len(faces), faces.image_size
    cells: dict[str, Any] = {
        "time_s": [faces.time_s] * n,
        "image_width": np.full(n, width),
        "image_height": np.full(n, height),
        "face": np.arange(n),
        "track_id": [None] * n if faces.track_id is None else faces.track_id,
        **dict(zip(_BOX, faces.xyxy.T, strict=True)),
        "face_score": faces.face_score,
        "emotion": faces.label,
        "confidence": faces.confidence,
        "uncertain": faces.uncertain,
    }
    for name, column in zip(faces.emotions, faces.probabilities.T, strict=True):
        cells[f"p_{name}"] = column
    return cells


def face_members(faces: _FaceArrays) -> list[dict[str, Any]]:
    """Return the members of `faces` in JSON: the same cells, rounded, of Python's own types."""
    n = len(faces)
    ids = [None] * n if faces.track_id is None else faces.track_id.tolist()
    cells = zip(
        _rounded(faces.xyxy, "x1"),
        _rounded(faces.face_score, "face_score"),
        faces.label.tolist(),
        _rounded(faces.confidence, "confidence"),
        faces.uncertain.tolist(),
        _rounded(faces.probabilities, "confidence"),
        ids,
        strict=True,
    )
    return [
        {
            "box": box,
            **dict(zip(_ALONE, alone, strict=True)),
            "probabilities": dict(zip(faces.emotions, probabilities, strict=True)),
            "track_id": track_id,
        }
        for box, *alone, probabilities, track_id in cells
    ]


def from_member(index: int, member: dict[str, Any]) -> dict[str, Any]:
    """Return a member of `faces` in JSON as cells of its row; `index` counts from 0."""
    cells = {"face": index, "track_id": member["track_id"]}
    cells |= dict(zip(_BOX, member["box"], strict=True)) | {name: member[name] for name in _ALONE}
    return cells | {f"p_{name}": p for name, p in member["probabilities"].items()}


def _rounded(values: np.ndarray, name: str) -> list[Any]:
    """Return numbers with the decimals of the column of this name."""
    rounded: list[Any] = values.astype(float).round(_DIGITS[name]).tolist()
    return rounded
