"""`POST /v1/faces`: crops of faces in, records out."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from ferkit.errors import ImageError
from ferkit.inference.pictures.images import read_image
from ferkit.inference.results import FaceEmotions
from ferkit.serving.body import receive_files
from ferkit.serving.describe import PICTURE_BODY, RECORDS, problems
from ferkit.serving.query import ModelQuery, PictureQuery
from ferkit.serving.query_route import QueryRoute
from ferkit.serving.routes.recognize import records_response
from ferkit.serving.services import Services, ServicesOfCall
from ferkit.serving.target import Memory

router = APIRouter(tags=["Pictures"], route_class=QueryRoute)


@router.post(
    "/v1/faces",
    summary="Classify crops of faces",
    responses={200: RECORDS, **problems(400, 401, 403, 408, 413, 415, 421, 422, 503)},
    openapi_extra=PICTURE_BODY,
)
async def faces(
    request: Request, services: ServicesOfCall, query: Annotated[ModelQuery, Query()]
) -> Response:
    """Classify pictures that show one face each, without face detection.

    Body and response are as for `/v1/recognize`; all crops go through the model as one batch.
    """
    wanted = PictureQuery(**query.model_dump(), detector="none")
    services.recognizers.check(wanted)
    with services.pool.admission() as place:
        files = await receive_files(request, services.picture_limits(), Memory)
        work = partial(_classify, services, [content for _, content in files], wanted)
        within = services.settings.answer_s
        (results,) = await place.run(work, within_s=within, receive=request.receive)
    return records_response([name for name, _ in files], results, query.top_k)


def _classify(
    services: Services, contents: list[Memory], query: PictureQuery
) -> list[FaceEmotions | ImageError]:
    recognizer = services.recognizers.get(query)
    most = services.settings.max_megapixels
    results: list[FaceEmotions | ImageError] = []
    places, crops = [], []
    for content in contents:
        try:
            picture = read_image(content, most_megapixels=most)
        except ImageError as error:
            results.append(error)
            continue
        places.append((len(results), picture.size))
        crops.append(picture.pixels)
        results.append(FaceEmotions.empty(picture.size))
    found = recognizer.classify_crops(crops)
    for i, (place, size) in enumerate(places):
        results[place] = found[i].with_(xyxy=[[0, 0, *size]], image_size=size)
        services.count(found[i])
    return results
