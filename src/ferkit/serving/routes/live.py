"""`WS /v1/live`: frames of a camera in, records out; outdated frames are dropped."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from functools import partial
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Query, WebSocket
from starlette.websockets import WebSocketDisconnect

from ferkit.errors import FerkitError
from ferkit.inference.pictures.images import read_image
from ferkit.inference.recognizer import EmotionRecognizer
from ferkit.inference.records import make_record
from ferkit.inference.results import FaceEmotions
from ferkit.inference.video.frame import VideoFrame
from ferkit.serving.guard import deny_websocket
from ferkit.serving.problems import ProblemError, problem_of
from ferkit.serving.query import LiveQuery
from ferkit.serving.services import Services, ServicesOfCall

router = APIRouter()

SUBPROTOCOL = "ferkit"


@router.websocket("/v1/live")
async def live(
    websocket: WebSocket, services: ServicesOfCall, query: Annotated[LiveQuery, Query()]
) -> None:
    """Answer binary messages, a picture each, with records as text.

    A frame that arrives while another is processed replaces one that waits; `source` is the number
    of the frame that a record belongs to.
    """
    try:
        services.recognizers.check(query)
        if services.live >= services.settings.max_live:
            most = services.settings.max_live
            raise ProblemError(503, f"{most} live sessions are open already.", {"Retry-After": "5"})
        services.live += 1
    except (FerkitError, ProblemError) as error:
        problem = error if isinstance(error, ProblemError) else problem_of(error)
        await deny_websocket(websocket.scope, websocket.receive, websocket.send, problem)
        return
    try:
        offered = websocket.scope.get("subprotocols", [])
        await websocket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        await _Session(websocket, services, query).run()
    finally:
        services.live -= 1


class _Session:
    """One live session.

    Args:
        websocket: The accepted connection.
        services: Services of the server.
        query: Parameters of the request.
    """

    def __init__(self, websocket: WebSocket, services: Services, query: LiveQuery) -> None:
        self._websocket, self._services, self._query = websocket, services, query
        self._newest: tuple[int, float, bytes] | None = None
        self._arrived = anyio.Event()
        self._idle_s = services.settings.live_idle_s
        self._tracks: Any = None

    async def run(self) -> None:
        """Answer until the client disconnects or sends nothing for too long."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._answer, group.cancel_scope)
            with suppress(WebSocketDisconnect, TimeoutError):  # it is gone, or reads no answer
                await self._receive()
            group.cancel_scope.cancel()

    async def _receive(self) -> None:
        """Receive frames and keep the newest."""
        number, start = 0, time.monotonic()
        while True:
            with anyio.move_on_after(self._idle_s) as waiting:
                message = await self._websocket.receive()
            if waiting.cancelled_caught:
                await self._websocket.close(1000)
                return
            if message["type"] == "websocket.disconnect":
                return
            content = message.get("bytes")
            if content is None:
                await self._send({"error": "A frame is expected as a binary message."})
                continue
            self._newest = (number, time.monotonic() - start, content)
            number += 1
            self._arrived.set()

    async def _answer(self, session: anyio.CancelScope) -> None:
        """Process the newest frame in a loop."""
        try:
            while True:
                await self._arrived.wait()
                self._arrived = anyio.Event()
                assert self._newest is not None
                frame, self._newest = self._newest, None
                await self._send(await self._services.pool.run(partial(self._record, *frame)))
        except (WebSocketDisconnect, TimeoutError):
            session.cancel()

    async def _send(self, content: dict[str, Any]) -> None:
        with anyio.fail_after(self._idle_s):
            await self._websocket.send_text(json.dumps(content, ensure_ascii=False))

    def _record(self, number: int, time_s: float, content: bytes) -> dict[str, Any]:
        services, query = self._services, self._query
        try:
            recognizer = services.recognizers.get(query)
            most = services.settings.max_megapixels
            picture = read_image(content, full=query.detail == "high", most_megapixels=most)
            faces = recognizer.recognize(picture)
            if query.track:
                frame = VideoFrame(number, time_s, picture.pixels)
                faces = self._tracked(recognizer, frame, faces.with_(time_s=time_s))
        except FerkitError as error:
            return make_record(number, error)
        services.count(faces)
        return make_record(number, faces, top_k=query.top_k)

    def _tracked(
        self, recognizer: EmotionRecognizer, frame: VideoFrame, found: FaceEmotions
    ) -> FaceEmotions:
        """Return the faces found in a frame with track ids and smoothed probabilities."""
        from ferkit.inference.video.tracker import FaceTracker, TrackingOptions

        if self._tracks is None:
            self._tracks = FaceTracker(recognizer, TrackingOptions(1, self._query.smooth))
        faces: FaceEmotions = self._tracks.found(frame, found)
        return faces
