"""Authentication, response headers, and what the log omits."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from serving_pictures import picture, refusal
from starlette.testclient import TestClient

from ferkit.errors import UsageError
from ferkit.serving import ServeSettings
from ferkit.serving.guard import SAFE_HEADERS
from ferkit.serving.run import check_exposure

TOKEN = "0123456789abcd/="


@pytest.fixture(scope="module")
def closed(make_server) -> TestClient:
    """Return a server that expects a token."""
    return make_server(tokens=TOKEN)


@pytest.mark.parametrize("path", ["/v1/recognize", "/v1/models", "/v1/videos/x", "/metrics"])
@pytest.mark.parametrize("shown", [None, "Bearer wrong", f"Basic {TOKEN}", "Bearer", f"{TOKEN}"])
def test_without_the_token_every_route_is_401(
    closed: TestClient, path: str, shown: str | None
) -> None:
    headers = {} if shown is None else {"Authorization": shown}
    method = "POST" if path == "/v1/recognize" else "GET"
    answer = closed.request(method, path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_the_token_opens_every_route(closed: TestClient) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert closed.post("/v1/recognize", content=picture(), headers=headers).status_code == 200
    assert closed.get("/metrics", headers=headers).status_code == 200


def test_health_needs_no_token(closed: TestClient) -> None:
    assert [closed.get(path).status_code for path in ("/healthz", "/readyz", "/docs")] == [200] * 3
    assert closed.head("/readyz").status_code == 200


def test_a_websocket_sends_its_token_as_a_subprotocol(closed: TestClient) -> None:
    assert refusal(closed, "/v1/live") == 401
    assert refusal(closed, "/v1/live", subprotocols=["ferkit", "bearer.wrong"]) == 401
    protocols = ["ferkit", f"bearer.{quote(TOKEN, safe='')}"]
    with closed.websocket_connect("ws://localhost/v1/live", subprotocols=protocols) as live:
        assert live.accepted_subprotocol == "ferkit"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8000", 200),
        ("127.0.0.1", 200),
        ("[::1]:8000", 200),
        ("192.168.1.5:8000", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example:80", 421),
        ("", 421),
        ("[broken", 421),
    ],
)
def test_an_unknown_host_is_refused(server: TestClient, host: str, status: int) -> None:
    assert server.get("/healthz", headers={"Host": host}).status_code == status


def test_a_host_can_be_allowed(make_server) -> None:
    server = make_server(allowed_hosts="faces.example, other.example")
    assert server.get("/healthz", headers={"Host": "faces.example"}).status_code == 200
    assert server.get("/healthz", headers={"Host": "third.example"}).status_code == 421


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "https://localhost"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[broken"}, 403),
        ({"Origin": "http://localhost:9999"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_pages_of_other_origins_are_refused(
    server: TestClient, headers: dict[str, str], status: int
) -> None:
    answer = server.post("/v1/recognize", content=picture(), headers=headers)
    assert answer.status_code == status
    assert "access-control-allow-origin" not in answer.headers


def test_cross_site_websockets_are_refused(server: TestClient) -> None:
    evil = {"Origin": "http://evil.example"}
    assert refusal(server, "/v1/live", headers=evil) == 403


@pytest.mark.parametrize("path", ["/healthz", "/v1/models", "/nowhere", "/v1/recognize"])
def test_every_answer_has_safe_headers(server: TestClient, path: str) -> None:
    answer = server.get(path)
    for name, value in SAFE_HEADERS.items():
        assert answer.headers[name] == value
    assert answer.headers["cache-control"] == "no-store"


def test_the_documentation_needs_no_other_address(server: TestClient) -> None:
    page = server.get("/docs")
    assert "http" not in page.text.replace("http-equiv", "")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    used = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(used) == 4
    for address in used:
        assert server.get(f"/{address}").status_code == 200
    assert server.get("/docs/../settings.py").status_code == 404


def test_the_log_holds_no_picture_and_no_result(
    server: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    files = [("images", ("grandmother.png", picture(3)))]
    assert server.post("/v1/recognize", files=files).status_code == 200
    server.get("/v1/videos/secret-id")
    lines = [r.getMessage() for r in caplog.records if not r.name.startswith("httpx")]
    text = "\n".join(lines)
    assert "POST /v1/recognize 200" in text
    for word in ("grandmother", "happy", "secret-id", "box"):
        assert word not in text


def test_metrics_count_requests_and_faces(make_server) -> None:
    server = make_server()
    for _ in range(3):
        server.post("/v1/recognize", content=picture())
    server.post("/v1/recognize", content=b"zip")
    text = server.get("/metrics").text
    assert 'ferkit_requests_total{route="/v1/recognize",status="200"} 3.0' in text
    assert 'ferkit_requests_total{route="/v1/recognize",status="422"} 1.0' in text
    assert "ferkit_faces_total 3.0" in text
    assert "ferkit_calls_admitted 0.0" in text


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])
def test_a_public_address_requires_a_token(host: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="everyone on the network"):
        check_exposure(ServeSettings(host=host))
    check_exposure(ServeSettings(host=host, tokens=TOKEN))
    check_exposure(ServeSettings(host=host, insecure=True))
    file = tmp_path / "tokens"
    file.write_text(f"{TOKEN}\n")
    check_exposure(ServeSettings(host=host, token_file=file))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_a_loopback_address_needs_no_token(host: str) -> None:
    check_exposure(ServeSettings(host=host))
