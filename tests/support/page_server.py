"""The page on a local address, and a browser to open it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ferkit.serving.page_files import PAGE_HEADERS, PageFile

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
VENDOR = Path(__file__).resolve().parents[2] / "src/ferkit/serving/page/vendor"
SHARED = Path(__file__).resolve().parents[3] / "shared"
YUNET = SHARED / "models" / "face_detection_yunet_2023mar.onnx"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


@contextmanager
def serve_page(files: Mapping[str, PageFile]) -> Iterator[str]:
    """Serve files at an address of this machine until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or each file waits 45 ms for an acknowledgement

        def do_GET(self) -> None:
            file = files.get(self.path.partition("?")[0].lstrip("/") or "index.html")
            body = file.read() if file else b""
            self.send_response(200 if file else 404)
            for name, value in PAGE_HEADERS.items():
                self.send_header(name, value)
            if file:
                self.send_header("Content-Type", file.content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def open_page(browser: Any, url: str, view: str = "") -> Iterator[Watched]:
    """Yield a page for several tests: it takes 3 s to load, most of them for ONNX Runtime."""
    watched = Watched(browser, url, viewport={"width": 1280, "height": 900})
    watched.page.goto(f"{url}{view}")
    yield watched
    watched.close()


@contextmanager
def open_browser(playwright: Any, *flags: str) -> Iterator[Any]:
    """Start Debian's chromium without a window."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
    yield browser
    browser.close()


class Watched:
    """A page of a browser that records errors and requested addresses."""

    def __init__(self, browser: Any, url: str, **context: Any) -> None:
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.requested: list[str] = []
        self.page.on(
            "console", lambda m: m.type in ("error", "warning") and self.said.append(m.text)
        )
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.context.on("request", lambda request: self.requested.append(request.url))
        self.url = url

    def outside(self) -> list[str]:
        """Return the requested addresses outside the page's server."""
        ours = (self.url, f"blob:{self.url}", "data:")
        return [url for url in self.requested if not url.startswith(ours)]

    def close(self) -> None:
        """Close the page; fail if there were errors or requests to external addresses."""
        self.context.close()
        self.check()

    def check(self) -> None:
        """Fail if there were errors or requests to external addresses."""
        assert self.said == []
        assert self.outside() == []
