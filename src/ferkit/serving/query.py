"""What a call may ask for in its query; anything else in it is an error."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class ModelQuery(BaseModel):
    """Which model answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str | None = Field(
        default=None, description="Name of a model; none: the server's default."
    )
    classes: int | None = Field(
        default=None, ge=2, le=1000, description="8 asks a model that knows contempt for it, too."
    )
    views: Literal["flip", "one"] = Field(
        default="flip",
        description="`flip`: the mean over a face and its mirror image; `one`: half the time.",
    )
    top_k: int | None = Field(
        default=None, ge=1, le=1000, description="Only so many probabilities, the likeliest first."
    )


class PictureQuery(ModelQuery):
    """How faces are found, and what is sent back."""

    detector: str | None = Field(
        default=None, description="What finds the faces; `none`: the whole picture is the face."
    )
    detail: str = Field(
        default="normal",
        description="`high`: search large pictures in full, for faces down to 20 pixels.",
    )


class RecognizeQuery(PictureQuery):
    """A call with pictures."""

    annotate: Literal["jpeg", "png"] | None = Field(
        default=None,
        description="Send back the picture with what was found drawn into it, not JSON.",
    )


# Frames come many a second, and are smoothed.
_ONE: Any = Field(default="one", description="`flip`: the mean over a face and its mirror image.")


class LiveQuery(PictureQuery):
    """A live session."""

    views: Literal["flip", "one"] = _ONE
    track: bool = Field(
        default=False,
        description="Number persons and smooth over time; `time_s` is since the start.",
    )
    smooth_s: float = Field(default=0.3, ge=0, le=60, description="Time constant of the smoothing.")


class VideoQuery(PictureQuery):
    """A video job."""

    views: Literal["flip", "one"] = _ONE
    fps: float | None = Field(
        default=None, gt=0, le=1000, description="At most so many frames a second."
    )
    detect_every: int = Field(
        default=1, ge=1, le=1000, description="Search every k-th frame; follow faces in between."
    )
    smooth_s: float = Field(default=0.3, ge=0, le=60, description="Time constant of the smoothing.")
    annotate: bool = Field(default=False, description="Make an annotated video as well.")
