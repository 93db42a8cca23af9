"""The complete OpenAPI description of a server; the schema of records is the one file that also
describes the output of the command line.
"""

from __future__ import annotations

import json
from typing import Any, Final

from fastapi import FastAPI

from ferkit.inference.detectors.detail import DETAILS
from ferkit.inference.records import record_schema
from ferkit.serving.describe import REF
from ferkit.serving.guard import GUARDED
from ferkit.serving.problems import SCHEMA


def complete(
    description: dict[str, Any], names: dict[str, tuple[str, ...]], *, secured: bool
) -> dict[str, Any]:
    """Add what FastAPI cannot know: schemas of answers, tokens, and the names of models.

    Args:
        description: The description by FastAPI; changed in place.
        names: Allowed values of query parameters, by name of the parameter.
        secured: Whether requests need a token.
    """
    components = description.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    if secured:
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas |= {"Problem": SCHEMA, "Job": _JOB, "Health": _HEALTH, "Models": _MODELS}
    schemas |= _record_schemas()
    for path, operations in description["paths"].items():
        for operation in operations.values():
            if secured and path.startswith(GUARDED):
                operation["security"] = [{"token": []}]
            for parameter in operation.get("parameters", ()):
                if parameter["name"] in names:
                    parameter["schema"] = {
                        "type": "string",
                        "enum": list(names[parameter["name"]]),
                    }
    return description


def _record_schemas() -> dict[str, Any]:
    """Return the schemas of the command line's JSON under their names in OpenAPI."""
    text = json.dumps(record_schema())
    for name in ("record", "face"):
        text = text.replace(f"#/$defs/{name}", REF + name.capitalize())
    schema = json.loads(text)
    definitions = {name.capitalize(): value for name, value in schema.pop("$defs").items()}
    del schema["$schema"]
    return {"Records": schema | {"title": "Records", "examples": [[_RECORD]]}, **definitions}


_RECORD: Final[dict[str, Any]] = {
    "source": "photo.jpg",
    "image_size": [640, 480],
    "faces": [
        {
            "box": [211.3, 94.0, 372.8, 301.5],
            "face_score": 0.9312,
            "emotion": "happy",
            "confidence": 0.9021,
            "uncertain": False,
            "probabilities": {
                "angry": 0.0105,
                "disgust": 0.0011,
                "fear": 0.0068,
                "happy": 0.9021,
                "sad": 0.0092,
                "surprise": 0.0174,
                "neutral": 0.0529,
            },
            "track_id": None,
        }
    ],
    "time_s": None,
    "error": None,
}
_HEALTH: Final = {
    "examples": [{"status": "ok"}],
    "type": "object",
    "required": ["status"],
    "properties": {"status": {"const": "ok"}},
}
_MODELS: Final = {
    "examples": [
        {
            "models": [{"name": "small-wild", "card": {"parameters": 993960}}],
            "detectors": ["yunet", "mtcnn", "none"],
            "default_model": "small-wild",
            "default_detector": "auto",
        }
    ],
    "type": "object",
    "required": ["models", "detectors", "default_model", "default_detector"],
    "properties": {
        "models": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "card"],
                "properties": {"name": {"type": "string"}, "card": {"type": "object"}},
            },
        },
        "detectors": {"type": "array", "items": {"type": "string"}},
        "default_model": {"type": "string"},
        "default_detector": {"type": "string"},
    },
}
_JOB: Final[dict[str, Any]] = {
    "title": "Job",
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "state", "progress", "frames", "error", "rows", "video"],
    "properties": {
        "id": {"type": "string", "description": "Everyone who knows it can get the result."},
        "state": {"enum": ["queued", "running", "done", "failed"]},
        "progress": {"type": "number", "minimum": 0, "maximum": 1},
        "frames": {"type": "integer", "description": "Frames done."},
        "error": {"type": ["string", "null"], "description": "Why it failed, or what is missing."},
        "rows": {"type": ["string", "null"], "description": "Path of the records."},
        "video": {"type": ["string", "null"], "description": "Path of the annotated video."},
    },
    "examples": [
        {
            "id": "Jx0zK3n5T1mQk8wWb2c9Zg",
            "state": "running",
            "progress": 0.42,
            "frames": 126,
            "error": None,
            "rows": None,
            "video": None,
        }
    ],
}


def description_of(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI description of a server, computed once."""
    if app.openapi_schema is None:
        recognizers = app.state.services.recognizers
        names = {
            "model": tuple(recognizers.models),
            "detector": tuple(recognizers.detectors),
            "detail": DETAILS,
        }
        settings = app.state.services.settings
        secured = bool(settings.tokens or settings.token_file)
        app.openapi_schema = complete(FastAPI.openapi(app), names, secured=secured)
    return app.openapi_schema
