"""Running a server until it is asked to stop."""

from __future__ import annotations

import ipaddress
import logging
import socket
import sys
from collections.abc import Callable
from types import FrameType

import uvicorn

from ferkit.errors import FerkitError, UsageError
from ferkit.serving.app import create_app
from ferkit.serving.connection import watched
from ferkit.serving.settings import ServeSettings

# Further connections are refused before anything is read.
_CONNECTIONS = 500
_IDLE_S = 15
# How long a thread that computes in Python may block the event loop. With Python's default of 5 ms,
# answers that need no thread, above all refusals, would wait several times as long.
_SWITCH_S = 0.0005


def run_server(settings: ServeSettings, started: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; requests in progress are finished first.

    Args:
        settings: Settings of the server.
        started: Called with the address once the server listens.

    Raises:
        UsageError: The settings contradict each other, or would let everybody use the server.
        FerkitError: The server cannot listen at this address.
    """
    check_exposure(settings)
    listener = _listen(settings)  # first, since it is what fails most often
    try:
        app = create_app(settings)
    except BaseException:
        listener.close()
        raise
    config = uvicorn.Config(
        app,
        http=watched(settings.header_s),
        ws="websockets-sansio",
        ws_max_size=int(settings.max_body_mb * 1e6),
        ws_per_message_deflate=False,  # pictures are compressed already
        lifespan="on",
        log_config=None,
        access_log=False,  # the application writes one without job ids
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=_IDLE_S,
        timeout_graceful_shutdown=int(settings.drain_s),
    )
    # uvicorn's messages contain client addresses and job ids, and a broken form is the client's
    # fault.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    # uvicorn says so of every handshake that is refused in words.
    logging.getLogger("uvicorn.error").addFilter(lambda line: "handshake" not in line.getMessage())
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{host}:{listener.getsockname()[1]}"
    sys.setswitchinterval(_SWITCH_S)
    _Server(config, lambda: started(url)).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Calls `begun` when it has started, and ends with exit code 0 after a signal to stop."""

    def __init__(self, config: uvicorn.Config, begun: Callable[[], None]) -> None:
        super().__init__(config)
        self._begun = begun

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._begun()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        # Does not record the signal, which uvicorn would raise again at the end.
        self.force_exit = self.should_exit
        self.should_exit = True


def check_exposure(settings: ServeSettings) -> None:
    """Check that the server is not open to everybody by mistake.

    Raises:
        UsageError: The address is not a loopback address, and there is no token.
    """
    if settings.insecure or settings.secrets() or _is_local(settings.host):
        return
    raise UsageError(
        f"At {settings.host}, everyone on the network could use the server; set a token with "
        "FERKIT_TOKENS or FERKIT_TOKEN_FILE, or set FERKIT_INSECURE=1 if that is intended."
    )


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listen(settings: ServeSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=512)
    except OSError as error:
        # Python adds the address to the words of the system.
        reason = (error.strerror or str(error)).partition(" (while")[0]
        raise FerkitError(
            f"Cannot listen at {settings.host} port {settings.port} ({reason}); choose another "
            "host or port."
        ) from error
