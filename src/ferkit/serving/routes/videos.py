"""`/v1/videos`: jobs that take longer than a request."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from ferkit.serving.body import BodyLimits, check_announced, receive_files
from ferkit.serving.describe import JOB, ROWS, VIDEO, VIDEO_BODY, problems
from ferkit.serving.jobs import VideoJob, VideoJobs
from ferkit.serving.problems import ProblemError
from ferkit.serving.query import VideoQuery
from ferkit.serving.services import ServicesOfCall

router = APIRouter(tags=["Videos"])

_TYPES = {"json": "application/json", "jsonl": "application/jsonl", "csv": "text/csv"}
_ACCEPTED = {**JOB, "description": "The video was received and is queued."}


@router.post(
    "/v1/videos",
    status_code=202,
    summary="Recognise the emotions in a video",
    responses={202: _ACCEPTED, **problems(400, 401, 403, 408, 413, 415, 421, 422, 429)},
    openapi_extra=VIDEO_BODY,
)
async def post_video(
    request: Request, services: ServicesOfCall, query: Annotated[VideoQuery, Query()]
) -> Response:
    """Receive a video file and queue it; poll its state at the address in `Location`.

    The video is kept in a private folder until it is processed, and the result until it is deleted
    or expires.
    """
    services.recognizers.check(query)
    settings = services.settings
    limits = BodyLimits(settings.max_video_mb, 1, settings.video_body_s)
    check_announced(request, limits)
    jobs = await services.pool.run(lambda: services.jobs)
    job = jobs.open(query)
    try:
        with ExitStack() as stack:
            await receive_files(request, limits, _opener(stack, job.source))
    except BaseException:
        jobs.delete(job.folder.name)
        raise
    jobs.start(job)
    address = request.url_for("get_video", job_id=job.folder.name).path
    return JSONResponse(job.to_dict(), 202, {"Location": address})


def _opener(stack: ExitStack, path: Path) -> Callable[[], IO[bytes]]:
    return lambda: stack.enter_context(path.open("wb"))


@router.get(
    "/v1/videos/{job_id}",
    name="get_video",
    summary="Get the state of a video",
    responses={200: JOB, **problems(401, 403, 404, 410, 421, 422)},
)
async def get_video(job_id: str, services: ServicesOfCall) -> Response:
    """Return the state of a job, and once it is done the paths of its rows and its video."""
    return JSONResponse(services.jobs.get(job_id).to_dict())


@router.get(
    "/v1/videos/{job_id}/rows",
    summary="Get the records of a video",
    responses={200: ROWS, **problems(401, 403, 404, 409, 410, 421, 422)},
)
async def get_rows(
    job_id: str,
    services: ServicesOfCall,
    format_name: Annotated[Literal["json", "jsonl", "csv"], Query(alias="format")] = "json",
) -> Response:
    """Return a record for every frame, as `ferkit video --format` writes them."""
    job = _done(services.jobs, job_id)
    name = f"emotions.{format_name}"
    return FileResponse(job.rows(format_name), media_type=_TYPES[format_name], filename=name)


@router.get(
    "/v1/videos/{job_id}/video",
    response_class=FileResponse,  # no JSON, which FastAPI would describe
    summary="Get the annotated video",
    responses={
        200: VIDEO,
        206: VIDEO,
        416: {"description": "There is no such range."},
        **problems(400, 401, 403, 404, 409, 410, 421, 422),
    },
)
async def get_annotated(job_id: str, services: ServicesOfCall) -> Response:
    """Return the video with boxes and emotions drawn into it, if `annotate` was set."""
    job = _done(services.jobs, job_id)
    if not job.query.annotate:
        raise ProblemError(404, "This job was sent without annotate=true; send the video again.")
    return FileResponse(job.annotated, media_type="video/mp4", filename="emotions.mp4")


@router.delete(
    "/v1/videos/{job_id}",
    status_code=204,
    summary="Delete a video",
    responses=problems(401, 403, 404, 410, 421, 422),
)
async def delete_video(job_id: str, services: ServicesOfCall) -> Response:
    """Stop the job if it is running, and remove the video and the results."""
    services.jobs.get(job_id)
    await services.pool.run(lambda: services.jobs.delete(job_id))
    return Response(status_code=204)


def _done(jobs: VideoJobs, job_id: str) -> VideoJob:
    job = jobs.get(job_id)
    if job.state == "failed":
        raise ProblemError(409, f"The video could not be processed: {job.error}")
    if job.state != "done":
        raise ProblemError(409, f"The video is not done yet ({job.progress:.0%}); try again later.")
    return job
