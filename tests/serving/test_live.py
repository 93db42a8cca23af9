"""Live recognition over a WebSocket."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from serving_pictures import picture, refusal
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from ferkit.serving.query import LiveQuery
from ferkit.serving.routes.live import _Session


def test_each_frame_is_answered_with_its_number(server: TestClient) -> None:
    with server.websocket_connect("ws://localhost/v1/live?top_k=1") as live:
        for number, code in enumerate((3, 4, 5)):
            live.send_bytes(picture(code, kind="JPEG"))
            record = json.loads(live.receive_text())
            assert record["source"] == str(number)
            assert len(record["faces"][0]["probabilities"]) == 1
        live.send_bytes(b"no picture")
        assert json.loads(live.receive_text())["error"] == "the file is not an image"
        live.send_text("hello")
        assert "binary" in json.loads(live.receive_text())["error"]


def test_tracking_gives_ids_and_smooths(server: TestClient) -> None:
    pytest.importorskip("trackers")
    with server.websocket_connect("ws://localhost/v1/live?track=true&smooth=60") as live:
        live.send_bytes(picture(3))
        first = json.loads(live.receive_text())
        live.send_bytes(picture(4))
        second = json.loads(live.receive_text())
    assert [r["faces"][0]["track_id"] for r in (first, second)] == [1, 1]
    assert second["faces"][0]["emotion"] == "happy"  # a minute's average
    assert second["time_s"] > first["time_s"] >= 0


@pytest.mark.parametrize("query", ["", "?track=true"])
def test_boxes_of_a_reduced_frame_are_those_of_the_original(server: TestClient, query: str) -> None:
    pytest.importorskip("trackers")
    with server.websocket_connect(f"ws://localhost/v1/live{query}") as live:
        live.send_bytes(picture(3, (4001, 3001)))  # more than 12 million pixels
        record = json.loads(live.receive_text())
    assert record["image_size"] == [4001, 3001]
    assert record["faces"][0]["box"] == [0, 0, 4001, 3001]


def test_the_newest_frame_goes_first(make_server) -> None:
    server = make_server(threads=1)
    with server.websocket_connect("ws://localhost/v1/live") as live:
        for _ in range(50):
            live.send_bytes(picture(3, (900, 900)))
        seen = [int(json.loads(live.receive_text())["source"])]
        while seen[-1] < 49:
            seen.append(int(json.loads(live.receive_text())["source"]))
    assert seen == sorted(set(seen))
    assert len(seen) < 50


def test_sessions_are_bounded_and_freed(make_server) -> None:
    server = make_server(max_live=1)
    for _ in range(3):
        with server.websocket_connect("ws://localhost/v1/live"):
            assert refusal(server, "/v1/live") == 503
    assert server.app.state.services.live == 0


@pytest.mark.parametrize("query", ["model=x", "detector=x", "smooth=-1", "smooth_s=-1", "frames=1"])
def test_a_wrong_query_is_refused(server: TestClient, query: str) -> None:
    assert refusal(server, f"/v1/live?{query}") == 422


def test_an_idle_session_ends(make_server) -> None:
    server = make_server(live_idle_s=0.1)
    with server.websocket_connect("ws://localhost/v1/live") as live:
        assert live.receive()["type"] == "websocket.close"


@pytest.mark.parametrize("first", [{"text": "hello"}, {"text": None, "bytes": b"a frame"}, None])
def test_a_client_that_vanishes_is_no_fault(server: TestClient, first: dict[str, Any]) -> None:
    class Vanished:
        """Delivers `first`, then nothing; whatever is sent to it fails."""

        def __init__(self) -> None:
            self.messages = [first] if first else []

        async def receive(self) -> dict[str, Any]:
            if self.messages:
                return {"type": "websocket.receive", **self.messages.pop()}
            await asyncio.sleep(60)
            raise AssertionError

        async def send_text(self, _: str) -> None:
            raise WebSocketDisconnect(1006)

        async def close(self, _: int) -> None:
            raise WebSocketDisconnect(1006)

    session = _Session(Vanished(), server.app.state.services, LiveQuery())  # type: ignore[arg-type]
    session._idle_s = 2 if first else 0.01
    asyncio.run(asyncio.wait_for(session.run(), 1))
