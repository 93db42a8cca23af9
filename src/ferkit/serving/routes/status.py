"""`GET /v1/models`, `/healthz`, `/readyz` and `/metrics`: models and state of the server."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from ferkit.serving.describe import MODELS, OK, problems
from ferkit.serving.problems import ProblemError
from ferkit.serving.services import ServicesOfCall

router = APIRouter(tags=["Server"])


@router.get(
    "/v1/models",
    summary="List models and detectors",
    responses={200: MODELS, **problems(401, 403, 421)},
)
async def models(services: ServicesOfCall) -> Response:
    """Return every model with its card: labels, training, figures and limitations."""
    recognizers = services.recognizers
    return JSONResponse(
        {
            "models": await services.pool.run(recognizers.cards),
            "detectors": list(recognizers.detectors),
            "default_model": recognizers.default_model,
            "default_detector": recognizers.default_detector,
        }
    )


# Monitoring tools may request only the header.
@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", summary="Liveness probe", responses={200: OK, **problems(421)})
async def healthz() -> Response:
    """Answer 200 as long as the process works."""
    return JSONResponse({"status": "ok"})


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", summary="Readiness probe", responses={200: OK, **problems(421, 503)})
async def readyz(services: ServicesOfCall) -> Response:
    """Answer 200 once the default model is loaded, until the server stops."""
    if not services.ready:
        raise ProblemError(
            503, "The server is loading its model or stopping.", {"Retry-After": "1"}
        )
    return JSONResponse({"status": "ok"})


@router.get(
    "/metrics",
    response_class=Response,  # no JSON, which FastAPI would describe
    summary="Counters for Prometheus",
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        **problems(401, 403, 421),
    },
)
async def metrics(services: ServicesOfCall) -> Response:
    """Return counters of requests, pictures and faces, without any content."""
    return Response(services.metrics.text(), media_type=CONTENT_TYPE_LATEST)
