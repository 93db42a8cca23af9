"""Photos in a browser without a camera: the same results as Python's, downloads, offline use."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from clips import write_clip
from page_server import SHARED, YUNET, Watched, open_page, serve_page
from PIL import Image

from ferkit.inference.recognizer import EmotionRecognizer
from ferkit.serving.page_files import PageFile, page_files

pytestmark = [
    pytest.mark.slow,
    pytest.mark.shared,
    pytest.mark.enable_socket,  # playwright uses one to control the browser
]

MULTI = SHARED / "media" / "multi_face.jpg"
SCHEMA = Path(__file__).resolve().parents[3] / "src/ferkit/inference/predict.schema.json"


@pytest.fixture(scope="module")
def files() -> dict[str, PageFile]:
    if not (YUNET.is_file() and MULTI.is_file()):
        pytest.skip(f"the face detector and the photographs are not in {SHARED}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FERKIT_YUNET", str(YUNET))
        return page_files(models=["nano-fer2013", "nano-fer2013-int8"])


@pytest.fixture(scope="module")
def serving(needs_browser: None) -> Iterator[ExitStack]:
    """Return what keeps the server running."""
    with ExitStack() as serving:
        yield serving


@pytest.fixture(scope="module")
def url(files: dict[str, PageFile], serving: ExitStack) -> str:
    return serving.enter_context(serve_page(files))


@pytest.fixture(scope="module")
def opened(url: str, browser: Any) -> Iterator[Watched]:
    with open_page(browser, url) as watched:
        yield watched


@pytest.fixture
def page(opened: Watched) -> Iterator[Any]:
    """Return a page without photos, for a test after which nothing may have failed in it."""
    opened.page.click("#tab-photos")
    if opened.page.is_visible("#clear-photos"):
        opened.page.click("#clear-photos")
    yield opened.page
    opened.check()


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the photograph of five as PNG, which every program decodes to the same pixels."""
    path = tmp_path_factory.mktemp("photos") / "five.png"
    with Image.open(MULTI) as image:
        image.save(path)
    return path


def test_a_turned_photo_shows_the_same_faces(page: Any, photo: Path) -> None:
    turned = io.BytesIO()
    with Image.open(photo) as image:
        image.rotate(90, expand=True).save(turned, "PNG")
    file = {"name": "turned.png", "mimeType": "image/png", "buffer": turned.getvalue()}
    page.set_input_files("#photo-files", file)
    page.wait_for_selector(".face-box")
    labels = [box.get_attribute("aria-label") for box in page.locator(".face-box").all()]
    assert len(labels) == 5
    assert sum("happy" in label for label in labels) >= 4


def test_every_view_fits_and_everything_has_a_name(page: Any, photo: Path) -> None:
    page.set_input_files("#photo-files", photo)
    page.wait_for_selector(".face-box")
    sizes = ((360, "dark"), (360, "light"), (800, "light"), (2560, "dark"), (1280, None))
    for width, scheme in sizes:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        for view in ("photos", "camera", "video"):
            page.click(f"#tab-{view}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        for button in ("#open-settings", "#open-notice"):
            page.click(button)
            box = page.locator("dialog[open]").bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            page.keyboard.press("Escape")
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, input, select')]"
        ".filter(e => !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length"
        " || e.type === 'file')).map(e => e.outerHTML)"
    )
    assert unnamed == []


DROP = """(files) => {
  const data = new DataTransfer();
  for (const [name, type, base64] of files) {
    data.items.add(new File([Uint8Array.fromBase64(base64)], name, { type }));
  }
  dispatchEvent(new DragEvent("drop", { dataTransfer: data }));
}"""


def test_photos_and_videos_that_are_dropped_together(
    page: Any, photo: Path, tmp_path: Path
) -> None:
    black = np.zeros((48, 64, 3), np.uint8)
    clip = write_clip(tmp_path / "clip.webm", [black] * 2, rate=10, codec="libvpx")
    picture, video = (base64.b64encode(path.read_bytes()).decode() for path in (photo, clip))
    pasted = ["image.png", "image/png", picture]  # what each is called that is pasted
    videos = [["one.webm", "video/webm", video], ["two.webm", "", video]]
    page.evaluate(DROP, [pasted, *videos, pasted])
    page.wait_for_selector('.thumb[aria-label="image (2).png: 5 faces"]')
    assert page.locator('.thumb[aria-label="image.png: 5 faces"]').count() == 1
    assert page.inner_text("#alert p").endswith("drop again afterwards: two.webm.")
    page.click("#alert button")
    page.click("#tab-video")
    page.wait_for_selector("#video-download:not([disabled])")
    assert page.inner_text("#video-title") == "one.webm"
    assert page.locator(".thumb").count() == 2


def downloaded(page: Any, text: str) -> bytes:
    page.click("#photo-download")
    with page.expect_download() as download:
        page.click(f"#photo-download-menu >> text={text}")
    return Path(download.value.path()).read_bytes()


def test_a_gallery_is_read_as_python_reads_it(page: Any, photo: Path) -> None:
    page.click("#open-settings")
    page.check('#settings input[value="nano-fer2013"]')
    page.keyboard.press("Escape")
    torn = {"name": "torn.jpg", "mimeType": "image/jpeg", "buffer": MULTI.read_bytes()[:300]}
    page.set_input_files("#photo-files", [photo])
    page.wait_for_selector(".face-box")
    page.set_input_files("#photo-files", [torn])
    page.wait_for_selector('.thumb[aria-label*="cannot be read"]')
    assert "cannot be read as a picture" in page.inner_text("#photo-stage")
    page.focus('.thumb[aria-selected="true"]')
    page.keyboard.press("ArrowLeft")
    assert page.locator(".face-box").count() == 5
    assert "2 photos, 5 faces · 1 photo unreadable" in page.inner_text("#photo-summary")
    page.click(".face-box >> nth=2")
    assert page.inner_text(".face-nav >> nth=0").startswith("Face 3 of 5")

    records = json.loads(downloaded(page, "JSON"))
    jsonschema.validate(records, json.loads(SCHEMA.read_text("utf-8")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FERKIT_YUNET", str(YUNET))
        wanted = EmotionRecognizer("nano-fer2013", detector="yunet", threads=1)(photo).to_dicts()
    assert [record["source"] for record in records] == ["five.png", "torn.jpg"]
    assert records[1]["error"]
    faces = records[0]["faces"]
    assert len(faces) == len(wanted) == 5
    for face, python in zip(faces, wanted, strict=True):
        assert np.abs(np.subtract(face["box"], python["box"])).max() <= 0.1 + 1e-9
        rows = [list(f["probabilities"].values()) for f in (face, python)]
        assert np.abs(np.subtract(*rows)).max() < 1e-3
        assert face["emotion"] == python["emotion"]
    lines = downloaded(page, "CSV").decode().splitlines()
    assert len(lines) == 1 + 5 + 1
    picture = Image.open(io.BytesIO(downloaded(page, "annotated")))
    original = np.asarray(Image.open(photo).convert("RGB"), np.int16)
    changed = np.abs(np.asarray(picture.convert("RGB"), np.int16) - original).max(axis=2) > 60
    assert 0.005 < changed.mean() < 0.2


def test_a_missing_camera_and_permission_are_reported(page: Any) -> None:
    page.click("#tab-camera")
    page.click("#camera-start")
    page.wait_for_selector('#camera-screen[data-state="error"]')
    text = page.inner_text("#camera-message")
    assert "no camera on this device" in text or "not allowed to use the camera" in text
    assert page.is_visible("#camera-start")


def test_the_installed_page_works_without_a_network(
    serving: ExitStack, url: str, opened: Watched, page: Any, photo: Path
) -> None:
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.evaluate("localStorage.clear()")  # the model is again the one that is always kept
    # The server is gone, which no test after this one needs; so is the network.
    serving.close()
    opened.context.set_offline(True)
    page.goto("about:blank")
    page.goto(url)
    page.set_input_files("#photo-files", photo)
    page.wait_for_selector(".face-box")
    assert page.locator(".face-box").count() == 5
    opened.said.clear()  # Chromium notes that the manifest could not be asked for


def test_missing_network_files_are_named(files: dict[str, PageFile], browser: Any) -> None:
    (model,) = (name for name in files if name.endswith("nano-fer2013-int8.onnx"))
    with serve_page({name: file for name, file in files.items() if name != model}) as url:
        watched = Watched(browser, url, service_workers="block")
        watched.page.goto(url)
        watched.page.wait_for_selector("#alert:not([hidden])")
        assert "nano-fer2013-int8.onnx is missing here (404)" in watched.page.inner_text("#alert")
        watched.said.clear()  # the browser's own note of the 404
        watched.close()
