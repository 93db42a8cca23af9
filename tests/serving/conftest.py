"""A server in this process whose model classifies brightness, so that no detector is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ferkit.serving import ServeSettings, create_app

Serve = Callable[..., TestClient]


@pytest.fixture(scope="session")
def make_server(
    tiny_onnx: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., TestClient]]:
    """Return a function that starts a server with some settings and returns a client of it."""
    clients: list[TestClient] = []

    def serve(**settings: Any) -> TestClient:
        standard = {
            "model": str(tiny_onnx),
            "models": (str(tiny_onnx),),
            "detector": "none",
            "threads": 2,
            "page": False,
            "jobs_folder": tmp_path_factory.mktemp("jobs"),
        }
        app = create_app(ServeSettings(**(standard | settings)))
        client = TestClient(app, "http://localhost", raise_server_exceptions=False)
        clients.append(client.__enter__())
        return client

    yield serve
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture(scope="session")
def server(make_server: Serve) -> TestClient:
    """Return a client of a server with default settings, shared by tests that do not change it."""
    return make_server()
