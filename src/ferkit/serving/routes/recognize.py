"""`POST /v1/recognize`: pictures in, records or an annotated picture out."""

from __future__ import annotations

import io
from functools import partial
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from ferkit.errors import ImageError
from ferkit.inference.records import make_record
from ferkit.inference.results import FaceEmotions
from ferkit.serving.body import receive_files
from ferkit.serving.describe import PICTURE_BODY, PICTURES, RECORDS, problems
from ferkit.serving.problems import ProblemError, problem_of
from ferkit.serving.query import RecognizeQuery
from ferkit.serving.query_route import QueryRoute
from ferkit.serving.services import Services, ServicesOfCall
from ferkit.serving.target import Memory

router = APIRouter(tags=["Pictures"], route_class=QueryRoute)


@router.post(
    "/v1/recognize",
    summary="Recognise the emotions in pictures",
    responses={200: RECORDS | PICTURES, **problems(400, 401, 403, 408, 413, 415, 421, 422, 503)},
    openapi_extra=PICTURE_BODY,
)
async def recognize(
    request: Request, services: ServicesOfCall, query: Annotated[RecognizeQuery, Query()]
) -> Response:
    """Find the faces of one or more pictures and classify their emotions.

    Send one picture as the body, of any content type, or several as the files of a form. The
    response is what `ferkit predict --format json` writes: a list with one record per picture, in
    order. A picture that cannot be read has an `error`; if all are unreadable, the status is 422.
    """
    services.recognizers.check(query)
    with services.pool.admission() as place:
        files = await receive_files(request, services.picture_limits(), Memory)
        if query.annotate and len(files) > 1:
            raise ProblemError(422, "annotate expects one picture; send one per request.")
        work = (partial(_recognize, services, content, query) for _, content in files)
        within = services.settings.answer_s
        results = await place.run(*work, within_s=within, receive=request.receive)
    if query.annotate and isinstance(results[0], bytes):
        return Response(results[0], media_type=f"image/{query.annotate}")
    return records_response([name for name, _ in files], results, query.top_k)


def records_response(
    names: list[str], results: list[FaceEmotions | ImageError], top_k: int | None
) -> Response:
    """Return the records of pictures.

    Raises:
        ProblemError: 422 if none of them could be read.
    """
    errors = [result for result in results if isinstance(result, ImageError)]
    if len(errors) == len(results):
        raise problem_of(errors[0])
    pairs = zip(names, results, strict=True)
    return JSONResponse([make_record(name, result, top_k=top_k) for name, result in pairs])


def _recognize(services: Services, content: Memory, query: RecognizeQuery) -> Any:
    recognizer = services.recognizers.get(query)
    draw = partial(_drawn, query.annotate) if query.annotate else None
    return services.recognize(content, recognizer, draw)


def _drawn(format_name: str, pixels: np.ndarray, faces: FaceEmotions) -> bytes:
    """Return the picture with boxes, names and bars as the bytes of a file."""
    from PIL import Image

    from ferkit.inference.annotation.annotate import annotate

    file = io.BytesIO()
    Image.fromarray(annotate(pixels, faces, enlarge=True)).save(file, format_name, quality=92)
    return file.getvalue()
