"""The report in a real browser: no error, all pictures, nothing wider than the window."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ferkit.data.dataset import FerDataset
from ferkit.evaluation.evaluate import evaluate

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.enable_socket,  # playwright uses one to control the browser
    pytest.mark.skipif(CHROMIUM is None, reason="needs a browser: apt-get install chromium"),
]


class Even:
    """A predictor with uniform probabilities."""

    def __init__(self, emotions: tuple[str, ...]) -> None:
        self.emotions = emotions

    def predict(self, images: np.ndarray) -> np.ndarray:
        share = 1 / len(self.emotions)
        return np.full((len(images), len(self.emotions)), share, np.float32)


@pytest.fixture(scope="module")
def page_file(tiny_dataset: FerDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    splits = ("train", "test", "validation+test")
    evaluate(Even(tiny_dataset.emotions), tiny_dataset, splits=splits, out=folder)
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_report_in_a_browser(page_file: Path, browser: Any, width: int, scheme: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    said: list[str] = []
    requested: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: requested.append(request.url))
    page.goto(page_file.as_uri())
    assert said == []
    assert [url for url in requested if not url.startswith(("data:", "file:"))] == []
    widths = page.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert len(widths) > 10
    assert min(widths) > 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    sizes = page.evaluate(
        "[...document.images].map(image => [image.clientWidth, image.clientHeight])"
    )
    faces = [size for size in sizes if size[0] < 200]
    assert all(abs(w - h) <= 1 for w, h in faces)
    page.close()
