"""Hostile request bodies get a 4xx with a message: no 500, no hang, no file left."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest
from hostile_bodies import hostile_bodies
from starlette.testclient import TestClient

# `benchmarks/serve.py` sends 500, through a real connection.
NUMBER = 60


@pytest.fixture(scope="module")
def server(make_server) -> TestClient:
    """Return a server that takes a megabyte."""
    return make_server(max_body_mb=1, max_video_mb=1)


@pytest.mark.parametrize("path", ["/v1/recognize", "/v1/faces"])
def test_hostile_pictures(server: TestClient, path: str) -> None:
    statuses: Counter[int] = Counter()
    for name, content, headers in hostile_bodies(NUMBER):
        start = time.monotonic()
        raw = {key: value.encode("latin-1") for key, value in headers.items()}
        answer = server.post(path, content=content, headers=raw)
        assert answer.status_code in (200, 400, 413, 415, 422), (name, answer.text)
        assert time.monotonic() - start < 5, name
        statuses[answer.status_code] += 1
    # A few are whole enough to be read; each kind of refusal comes.
    assert set(statuses) >= {413, 415, 422}
    assert statuses[200] < NUMBER / 3


def test_hostile_videos(server: TestClient) -> None:
    folder: Path = server.app.state.services.settings.jobs_folder
    for name, content, headers in hostile_bodies(12, seed=1):
        raw = {key: value.encode("latin-1") for key, value in headers.items()}
        answer = server.post("/v1/videos", content=content, headers=raw)
        assert answer.status_code in (202, 400, 413, 415, 422), (name, answer.text)
        if answer.status_code == 202:
            assert server.delete(f"/v1/videos/{answer.json()['id']}").status_code == 204
    for _ in range(100):
        left = [path for path in folder.rglob("*") if path.is_file() and path.name != "lock"]
        if not left:
            break
        time.sleep(0.02)
    assert left == []
