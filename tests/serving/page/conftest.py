"""The web page, served locally, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from page_server import CHROMIUM, VENDOR, open_browser


@pytest.fixture(scope="session")
def needs_browser() -> None:
    """Skip where the page cannot run."""
    if CHROMIUM is None:
        pytest.skip("needs a browser: apt-get install chromium")
    if not (VENDOR / "ort-wasm-simd-threaded.wasm.gz").is_file():
        pytest.skip("needs ONNX Runtime for browsers: make page")


@pytest.fixture(scope="module")
def playwright(needs_browser: None) -> Iterator[Any]:
    """Return the starter of browsers; a process can have only one at a time."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright: Any) -> Iterator[Any]:
    """Return a browser without a camera, which allows none if this machine has one."""
    with open_browser(playwright, "--deny-permission-prompts") as browser:
        yield browser
