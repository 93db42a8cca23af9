"""Pictures to send to a server, and a request that it refuses."""

from __future__ import annotations

import io
from concurrent.futures import CancelledError
from typing import Any

import numpy as np
from PIL import Image
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from ferkit.labels import EMOTIONS


def picture(code: int = 3, size: tuple[int, int] = (60, 50), kind: str = "PNG") -> bytes:
    """Return a plain picture that the tiny model takes for `EMOTIONS[code]`."""
    file = io.BytesIO()
    Image.new("L", size, round(255 * (code + 0.5) / len(EMOTIONS))).save(file, kind)
    return file.getvalue()


def noise(width: int, height: int) -> bytes:
    """Return a PNG that hardly packs, so that its body is large."""
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    Image.fromarray(pixels).save(file, "PNG", compress_level=0)
    return file.getvalue()


def refusal(server: TestClient, path: str, **options: Any) -> int:
    """Return the status with which the server refuses a WebSocket; 403 for a bare refusal."""
    while True:
        try:
            with server.websocket_connect(f"ws://localhost{path}", **options):
                raise AssertionError("the server let the WebSocket in")
        except WebSocketDisconnect as refused:
            return int(getattr(refused, "status_code", 403))
        except CancelledError:  # the test client was faster than the application
            continue
