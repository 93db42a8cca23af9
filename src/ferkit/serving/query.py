"""The query parameters of requests; unknown parameters are an error."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class ModelQuery(BaseModel):
    """Which model classifies the faces, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str | None = Field(
        default=None, description="Name of a model. Defaults to the server's default model."
    )
    classes: int | None = Field(
        default=None,
        ge=2,
        le=1000,
        description="Number of classes; 8 includes contempt, for models that know it.",
    )
    views: Literal["flip", "one"] = Field(
        default="flip",
        description="`flip`: the mean over a face and its mirror image; `one`: half the time.",
    )
    top_k: int | None = Field(
        default=None, ge=1, le=1000, description="Only the k highest probabilities."
    )


class PictureQuery(ModelQuery):
    """How faces are found."""

    detector: str | None = Field(
        default=None, description="Face detector; `none`: the whole picture is one face."
    )
    detail: str = Field(
        default="normal",
        description="`high`: search large pictures at full size, for faces down to 20 pixels.",
    )


class RecognizeQuery(PictureQuery):
    """A request with pictures."""

    annotate: Literal["jpeg", "png"] | None = Field(
        default=None,
        description="Return the picture with boxes and emotions drawn into it instead of JSON.",
    )


# Frames are many per second and smoothed over time, so one view is enough.
_ONE: Any = Field(default="one", description="`flip`: the mean over a face and its mirror image.")


class TrackedQuery(PictureQuery):
    """A request with consecutive frames."""

    smooth: float = Field(
        default=0.3, ge=0, le=60, description="Time constant of the smoothing, in seconds."
    )


class LiveQuery(TrackedQuery):
    """A live session."""

    views: Literal["flip", "one"] = _ONE
    track: bool = Field(
        default=False,
        description="Number people and smooth over time; `time_s` counts from the start.",
    )


class VideoQuery(TrackedQuery):
    """A video job."""

    views: Literal["flip", "one"] = _ONE
    fps: float | None = Field(
        default=None, gt=0, le=1000, description="Largest number of frames per second to process."
    )
    detect_every: int = Field(
        default=1, ge=1, le=1000, description="Search every k-th frame; follow faces in between."
    )
    annotate: bool = Field(default=False, description="Also write an annotated video.")
