"""`GET /v1/models`, `/healthz`, `/readyz` and `/metrics`: what a server is and how it is."""

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
    """Return each model that calls may name with its card: labels, training, figures, limits."""
    recognizers = services.recognizers
    return JSONResponse(
        {
            "models": await services.pool.run(recognizers.cards),
            "detectors": list(recognizers.detectors),
            "default_model": recognizers.default_model,
            "default_detector": recognizers.default_detector,
        }
    )


# What watches a server may ask for the header alone.
@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", summary="Is it alive?", responses={200: OK, **problems(421)})
async def healthz() -> Response:
    """Answer as long as the process can."""
    return JSONResponse({"status": "ok"})


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", summary="Is it ready?", responses={200: OK, **problems(421, 503)})
async def readyz(services: ServicesOfCall) -> Response:
    """Answer 200 once the default model is loaded and until the server is asked to stop."""
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
    """Return counters of calls, pictures and faces; nothing of what was in them."""
    return Response(services.metrics.text(), media_type=CONTENT_TYPE_LATEST)
