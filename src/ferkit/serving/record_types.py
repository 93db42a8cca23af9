"""The JSON of the API as types; `ferkit.record_schema` is its full schema."""

from __future__ import annotations

from typing import TypedDict


class Face(TypedDict):
    """A face of a record."""

    box: list[float]
    face_score: float
    emotion: str
    confidence: float
    uncertain: bool
    probabilities: dict[str, float]
    track_id: int | None


class Record(TypedDict):
    """What was found in one picture or frame."""

    source: str
    image_size: list[int] | None
    faces: list[Face]
    time_s: float | None
    error: str | None
