"""The page as served: content types, compression, caching, and the fallback without it."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ferkit.errors import DownloadError
from ferkit.serving.page_files import PAGE_HEADERS, PageFile

FILES = {
    "index.html": PageFile("text/html; charset=utf-8", b"<!doctype html>" + b" " * 500),
    "models/nano.onnx": PageFile("application/octet-stream", b"network", True),
}


@pytest.fixture
def server(make_server, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """Return a server with a page of two files."""
    monkeypatch.setattr("ferkit.serving.routes.page.page_files", lambda **_: FILES)
    monkeypatch.setattr("ferkit.inference.detectors.file.DetectorFile.path", lambda *_, **__: None)
    return make_server(page=True, tokens="0123456789abcdef")


def test_the_page_needs_no_token_and_carries_its_policy(server: TestClient) -> None:
    for path in ("/", "/index.html"):
        answer = server.get(path)
        assert answer.content == FILES["index.html"].content
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-cache"
        for name, value in PAGE_HEADERS.items():
            assert answer.headers[name] == value


def test_texts_are_compressed_and_cached(server: TestClient) -> None:
    answer = server.get("/", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(gzip.compress(b" " * 500)) + 60
    again = server.get("/", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_files_with_their_checksum_in_the_address_are_kept(server: TestClient) -> None:
    answer = server.get("/models/nano.onnx?v=1")
    assert answer.content == b"network"
    assert "immutable" in answer.headers["cache-control"]
    assert server.get("/models/small.onnx").status_code == 404
    assert server.post("/index.html").status_code == 405


def test_the_page_offers_what_the_server_offers(
    make_server, monkeypatch: pytest.MonkeyPatch, tiny_onnx: Path
) -> None:
    asked: dict[str, Any] = {}

    def remember(**options: Any) -> dict[str, PageFile]:
        asked.update(options)
        return FILES

    monkeypatch.setattr("ferkit.serving.routes.page.page_files", remember)
    monkeypatch.setattr("ferkit.inference.detectors.file.DetectorFile.path", lambda *_, **__: None)
    make_server(page=True, models=("nano-fer2013", str(tiny_onnx)))
    assert asked["models"] == ["nano-fer2013"]
    assert set(asked["served"]) == {"nano-fer2013", tiny_onnx.stem}
    assert asked["served"]["nano-fer2013"]["evaluation"]
    assert len(asked["served"][tiny_onnx.stem]["emotions"]) == 7


def test_without_its_files_the_documentation_is_shown(
    make_server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(*_: object, **__: object) -> None:
        raise DownloadError("No network here.")

    monkeypatch.setattr("ferkit.inference.detectors.file.DetectorFile.path", absent)
    server = make_server(page=True)
    answer = server.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "docs")
