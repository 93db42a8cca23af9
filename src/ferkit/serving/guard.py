"""The outermost middleware: it checks host, origin and token, sets security headers, and counts and
logs every request without its content.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import logging
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from typing import Final
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ferkit.serving.gate import path_of
from ferkit.serving.metrics import Metrics
from ferkit.serving.problems import ProblemError

log = logging.getLogger("ferkit.serving")

SAFE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_DEFAULT_HEADERS: Final = [
    (name.lower().encode(), value.encode())
    for name, value in {**SAFE_HEADERS, "Cache-Control": "no-store"}.items()
]
# A page sends its token for a WebSocket as the subprotocol `bearer.TOKEN`, characters that such a
# name may not have as %XX.
BEARER: Final = "bearer."

# Paths that need a token if the server has one; page and documentation hold no secrets.
GUARDED: Final = ("/v1/", "/metrics")
# Number of `Host` headers whose answer is kept; most clients send the same.
_HOSTS_KEPT = 64
# A client that is refused while it sends would not see the answer if the connection closed at once.
_LINGER_S = 5.0


class Guard:
    """The outermost middleware of the application.

    Args:
        app: The wrapped application.
        tokens: Tokens of which every request must send one; if empty, none is required.
        hosts: Names of the server in addition to its own host name.
        metrics: Counters of requests.
    """

    def __init__(
        self, app: ASGIApp, *, tokens: Iterable[str], hosts: Iterable[str], metrics: Metrics
    ) -> None:
        self._app = app
        self._tokens = [token.encode() for token in tokens]
        names = {"localhost", socket.gethostname(), *hosts}
        self._hosts = {name.lower() for name in names}
        self._metrics = metrics
        self._is_own = lru_cache(_HOSTS_KEPT)(self._is_own_name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request that is allowed, and refuse any other."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        start, answer = time.perf_counter(), _Answer(receive, send)
        try:
            refusal = self._refusal(scope)
            if refusal is None:
                await self._app(scope, answer.receive, answer.send)
            elif scope["type"] == "http":
                await refusal.response()(scope, answer.receive, answer.send)
            else:
                await deny_websocket(scope, answer.receive, answer.send, refusal)
        except Exception:
            answer.status = 500
            raise
        finally:
            seconds = time.perf_counter() - start
            route = _route(scope)
            self._metrics.requests.labels(route, answer.status).inc()
            self._metrics.seconds.labels(route).observe(seconds)
            log.info("%s %s %s %.0f ms", _method(scope), route, answer.status, 1000 * seconds)

    def _refusal(self, scope: Scope) -> ProblemError | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._is_own(host):
            return ProblemError(
                421,
                "This name is not a name of this server; its operator can add it to "
                "FERKIT_ALLOWED_HOSTS.",
            )
        if not path_of(scope).startswith(GUARDED):
            return None
        if not _same_origin(headers, host):
            return ProblemError(403, "A page of another origin may not use this server.")
        if self._tokens and not self._shows_token(headers):
            return ProblemError(
                401,
                "The server expects a token: Authorization: Bearer TOKEN.",
                {"WWW-Authenticate": "Bearer"},
            )
        return None

    def _is_own_name(self, host: str) -> bool:
        """Return whether this is an address or a name of the server, which defends against DNS
        rebinding.
        """
        name = _host_name(host)
        with suppress(ValueError):
            ipaddress.ip_address(name)
            return True
        return name in self._hosts

    def _shows_token(self, headers: Headers) -> bool:
        kind, _, shown = headers.get("authorization", "").partition(" ")
        offered = [shown.strip()] if kind.lower() == "bearer" else []
        names = map(str.strip, headers.get("sec-websocket-protocol", "").split(","))
        given = [name.removeprefix(BEARER) for name in names if name.startswith(BEARER)]
        offered += [*given, *map(unquote, given)]
        pairs = [(one.encode(), token) for one in offered for token in self._tokens]
        # All are compared, so that the time reveals nothing.
        return sum(hmac.compare_digest(one, token) for one, token in pairs) > 0


class _Answer:
    """Adds security headers, notes the status, and lets a client finish sending before the end."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._unread = True
        self.status = 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._unread = self._unread and bool(message.get("more_body"))
        return message

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if kind in ("http.response.start", "websocket.http.response.start"):
            self.status = message["status"]
            headers = list(message.get("headers", ()))
            given = {name for name, _ in headers}
            headers += [header for header in _DEFAULT_HEADERS if header[0] not in given]
            message = {**message, "headers": headers}
        elif kind in ("websocket.accept", "websocket.close") and not self.status:
            self.status = 101 if kind == "websocket.accept" else 403
        last = kind == "http.response.body" and not message.get("more_body")
        if not (last and self._unread):
            await self._send(message)
            return
        await self._send({**message, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_S):
                while self._unread:
                    await self.receive()
        await self._send({"type": "http.response.body", "body": b""})


async def deny_websocket(scope: Scope, receive: Receive, send: Send, problem: ProblemError) -> None:
    """Refuse a handshake, with an answer that says why if the ASGI server supports it."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    await problem.response()(scope, receive, send)


def _same_origin(headers: Headers, host: str) -> bool:
    """Return whether a request comes from this server's page, or from a program, not a browser."""
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "none") in ("none", "same-origin")
    with suppress(ValueError):  # a bracket that is not closed
        return urlsplit(origin).netloc.lower() == host.lower()
    return False


def _host_name(host: str) -> str:
    """Return the name or address of a `Host` header, without the port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _route(scope: Scope) -> str:
    """Return the pattern of the route, which contains no ids."""
    route = scope.get("route")
    if getattr(route, "name", "") == "page":
        return "page"
    return getattr(route, "path", None) or "other"


def _method(scope: Scope) -> str:
    return str(scope.get("method", "WS"))
