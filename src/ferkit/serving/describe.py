"""Request bodies and responses of the routes, for the OpenAPI description."""

from __future__ import annotations

from typing import Any, Final

from ferkit.serving.problems import MEDIA_TYPE

REF: Final = "#/components/schemas/"

_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_FORM: Final = {
    "schema": {
        "type": "object",
        "required": ["images"],
        "properties": {
            "images": {
                "type": "array",
                "minItems": 1,
                "items": {"type": "string", "format": "binary"},
            }
        },
    },
    "encoding": {"images": {"contentType": "image/*"}},
}
PICTURE_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "A picture (JPEG, PNG, WebP, AVIF, GIF, BMP, TIFF, ...), or a form of them.",
        "content": {
            "image/*": _BINARY,
            "application/octet-stream": _BINARY,
            "multipart/form-data": _FORM,
        },
    }
}
VIDEO_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "A video file, or a form with one.",
        "content": {
            "video/*": _BINARY,
            "application/octet-stream": _BINARY,
            "multipart/form-data": _FORM,
        },
    }
}


def _json(name: str, description: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": REF + name}}}
    return {"description": description, "content": content}


RECORDS: Final = _json("Records", "One record per picture, in order.")
PICTURES: Final[dict[str, Any]] = {
    "description": "Records, or with `annotate` the annotated picture.",
    "content": RECORDS["content"] | {"image/jpeg": _BINARY, "image/png": _BINARY},
}
OK: Final = _json("Health", "The server is well.")
MODELS: Final = _json("Models", "Models with their cards, detectors, and the defaults.")
JOB: Final = _json("Job", "The state of the job.")
VIDEO: Final[dict[str, Any]] = {
    "description": "H.264 in MP4; range requests are supported.",
    "content": {"video/mp4": _BINARY},
}
ROWS: Final[dict[str, Any]] = {
    "description": "One record per frame, in the requested format.",
    "content": RECORDS["content"]
    | {
        "application/jsonl": {
            "schema": {"type": "string"},
            "example": '{"source": "clip.mp4", "faces": [], "time_s": 0.0, "error": null}\n',
        },
        "text/csv": {
            "schema": {"type": "string"},
            "example": "source,time_s,face,emotion,confidence\nclip.mp4,0.0,0,happy,0.9021\n",
        },
    },
}

_PROBLEMS: Final = {
    400: "The body is broken.",
    401: "A token is required.",
    403: "The request comes from a page of another origin.",
    404: "Not found.",
    408: "The body did not arrive in time.",
    409: "The job is not done.",
    410: "The server was killed while it had this job.",
    413: "The body is too large.",
    415: "The body is compressed or otherwise encoded.",
    421: "The name in `Host` is not a name of this server.",
    422: "The request cannot be processed; `detail` says why.",
    429: "The server already keeps as many videos as it may.",
    501: "The server lacks a library.",
    503: "The server is busy; `Retry-After` says when to try again.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the descriptions of the error responses with these statuses."""
    content = {MEDIA_TYPE: {"schema": {"$ref": REF + "Problem"}}}
    return {
        status: {
            "description": _PROBLEMS[status],
            "content": content,
            **({"headers": _RETRY} if status in (429, 503) else {}),
        }
        for status in statuses
    }


_RETRY: Final = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
