"""Camera and video in a real browser, whose camera is a moving photograph."""

from __future__ import annotations

import base64
import csv
import io
import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import write_clip
from page_server import SHARED, YUNET, Watched, open_browser, open_page, serve_page
from PIL import Image

from ferkit.inference.detectors.builtin.yunet import YuNetDetector
from ferkit.inference.video.reader import VideoReader
from ferkit.serving.page_files import page_files

pytestmark = [
    pytest.mark.slow,
    pytest.mark.shared,
    pytest.mark.enable_socket,  # playwright uses one to control the browser
]

MEDIA = SHARED / "media"
SHARP = 15  # blurred faces have about 3, with a bit of their surroundings up to 9, others 20 to 29


@pytest.fixture(scope="module")
def url(needs_browser: None) -> Iterator[str]:
    if not (YUNET.is_file() and (MEDIA / "multi_face.jpg").is_file()):
        pytest.skip(f"the face detector and the photographs are not in {SHARED}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FERKIT_YUNET", str(YUNET))
        files = page_files(models=["nano-fer2013-int8"])
    with serve_page(files) as url:
        yield url


@pytest.fixture(scope="module")
def browser(url: str, playwright: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    clip = tmp_path_factory.mktemp("camera") / "sway.mjpeg"
    with Image.open(MEDIA / "multi_face.jpg") as photo, clip.open("wb") as file:
        for step in range(30):
            left = 60 + round(15 * math.sin(step / 30 * 2 * math.pi))
            frame = photo.crop((left, 0, left + 880, 660)).resize((640, 480))
            frame.save(file, "JPEG", quality=90)
    with open_browser(
        playwright,
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={clip}",
        "--autoplay-policy=no-user-gesture-required",
    ) as browser:
        yield browser


@pytest.fixture(scope="module")
def opened(url: str, browser: Any) -> Iterator[Watched]:
    with open_page(browser, url, "#video") as watched:
        watched.page.wait_for_selector("#video:not([inert])")
        yield watched


@pytest.fixture
def page(opened: Watched) -> Iterator[Any]:
    """Return a page after whose test nothing may have failed in it."""
    yield opened.page
    opened.check()


def wait_until(page: Any, expression: str) -> None:
    """Wait for JavaScript to be true; the page's policy forbids Playwright's own way."""
    for _ in range(300):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{expression} never became true")


def sharpness(pictures: Iterable[np.ndarray]) -> list[float]:
    """Return how sharp the faces are that Python finds in pictures, also where they are blurred."""
    import cv2

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FERKIT_YUNET", str(YUNET))
        detector = YuNetDetector()
    found = []
    for picture in pictures:
        edges = np.abs(cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.CV_16S))
        for x1, y1, x2, y2 in detector.detect(picture).xyxy.astype(int):
            x, y = (x2 - x1) // 5, (y2 - y1) // 5  # without the lines of the box
            found.append(float(edges[max(y1 + y, 0) : y2 - y, max(x1 + x, 0) : x2 - x].mean()))
    return found


def frames_of(download: Any) -> list[np.ndarray]:
    with VideoReader(Path(download.path())) as reader:
        return [frame.image for frame in reader.frames()]


def test_a_file_that_is_no_video_is_refused_in_words(page: Any) -> None:
    page.click("#tab-video")
    torn = {"name": "torn.mp4", "mimeType": "video/mp4", "buffer": b"not a video"}
    page.set_input_files("#video-files", torn)
    page.wait_for_selector("#alert:not([hidden])")
    assert "cannot play the file; choose an MP4" in page.inner_text("#alert")
    assert page.is_visible("#choose-video")
    page.click("#alert button")


def test_video(page: Any) -> None:
    page.click("#tab-video")
    page.select_option("#video-step", "0.25")
    page.set_input_files("#video-files", MEDIA / "single_face.mp4")
    page.wait_for_selector("#video-download:not([disabled])", timeout=60_000)
    duration = page.evaluate("document.getElementById('video-player').duration")
    assert page.locator("#video-people .person").count() == 1

    page.click("#video-download")
    with page.expect_download() as download:
        page.click("#video-download-menu >> text=JSON")
    records = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert len(records) == math.ceil(duration / 0.25)
    assert [record["time_s"] for record in records] == [0.25 * i for i in range(len(records))]
    assert {face["track_id"] for record in records for face in record["faces"]} == {1}

    box = page.locator(".timeline-track").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(300)
    at = page.evaluate("document.getElementById('video-player').currentTime")
    assert at == pytest.approx(duration / 2, abs=0.1)

    page.click("label:has(#video-blur)")
    page.click("#video-download")
    with page.expect_download(timeout=60_000) as download:
        page.click("#video-download-menu >> text=Annotated video")
    assert Path(download.value.suggested_filename).suffix in (".webm", ".mp4")
    frames = frames_of(download.value)
    assert len(frames) > 5
    assert max(sharpness(frames), default=0) < SHARP


def rows_of(download: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(Path(download.path()).read_text("utf-8"))))


def recorded(page: Any) -> tuple[Any, list[dict[str, str]]]:
    """Record the camera for a while and return the video and its rows."""
    files: list[Any] = []

    def keep(download: Any) -> None:
        files.append(download)

    page.on("download", keep)
    page.click("#camera-record")
    page.wait_for_timeout(2000)
    page.click("#camera-record")
    wait_until(page, "document.getElementById('status').textContent.includes('rows are')")
    while len(files) < 2:
        page.wait_for_timeout(50)
    page.remove_listener("download", keep)
    video, table = files
    return video, rows_of(table)


def test_camera(page: Any) -> None:
    page.click("#tab-camera")
    page.click("#camera-start")
    page.click("label:has(#camera-blur)")
    page.wait_for_selector("#camera-people .person >> nth=4", timeout=60_000)
    page.wait_for_timeout(1500)
    assert page.locator("#camera-people .person:not(.away)").count() == 5
    page.fill("#camera-people .person-name >> nth=0", "Ada")
    page.keyboard.press("Enter")
    second = "#camera-people .person-name >> nth=1"
    gone = page.get_attribute(second, "aria-label").rpartition(" ")[2]
    page.fill(second, "Ada")  # both are one person, it says
    page.keyboard.press("Enter")
    page.wait_for_selector(f'[aria-label="Name of person {gone}"]', state="detached")
    video, rows = recorded(page)
    assert Path(video.suggested_filename).suffix in (".webm", ".mp4")
    frames = frames_of(video)
    assert len(frames) > 3  # those that were looked at
    assert max(sharpness(frames), default=0) < SHARP
    assert {row["source"] for row in rows} == {video.suggested_filename}
    assert gone not in {row["track_id"] for row in rows}
    assert 0 <= float(rows[0]["time_s"]) < float(rows[-1]["time_s"]) < 60
    with page.expect_download() as shot:
        page.click("#camera-shot")
    picture = np.asarray(Image.open(shot.value.path()).convert("RGB"))
    assert picture.shape == (480, 640, 3)
    assert max(sharpness([picture]), default=0) < SHARP
    page.click("#camera-pause")
    looks = page.inner_text("#camera-pause")
    assert looks == "Resume"
    page.click("#camera-pause")
    with page.expect_download() as download:
        page.click("#camera-csv")
    rows = rows_of(download.value)
    assert len({row["time_s"] for row in rows}) > 3
    times = [float(row["time_s"]) for row in rows]
    assert times == sorted(times)
    assert {row["source"] for row in rows} == {"camera"}
    shares = [sum(float(row[name]) for name in row if name.startswith("p_")) for row in rows]
    assert np.allclose(
        [share for row, share in zip(rows, shares, strict=True) if row["face"]], 1, atol=1e-3
    )
    page.click("#tab-photos")
    assert page.evaluate("document.getElementById('camera-video').srcObject === null")


def test_a_camera_that_is_allowed_too_late_stays_off(page: Any) -> None:
    page.evaluate(
        """() => {
          const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
          navigator.mediaDevices.getUserMedia = async (wanted) => {
            await new Promise((resolve) => (window.allow = resolve));
            return (window.given = await real(wanted));
          };
          window.real = real;
        }"""
    )
    page.click("#tab-camera")
    page.click("#camera-start")
    wait_until(page, "Boolean(window.allow)")
    page.click("#tab-photos")
    page.evaluate("allow()")
    wait_until(page, "window.given?.getTracks().every((t) => t.readyState === 'ended')")
    assert page.get_attribute("#camera-screen", "data-state") == "off"
    page.evaluate("() => { navigator.mediaDevices.getUserMedia = window.real; }")


def test_rows_can_be_saved_when_the_camera_was_disconnected(page: Any) -> None:
    page.click("#tab-camera")
    page.click("#camera-start")
    page.wait_for_selector("#camera-people .person", timeout=60_000)
    page.evaluate(
        """() => document.getElementById('camera-video').srcObject.getVideoTracks()[0]
             .dispatchEvent(new Event('ended'))"""
    )
    assert "disconnected" in page.inner_text("#camera-message")
    with page.expect_download() as download:
        page.click("#camera-csv")
    assert rows_of(download.value)
    assert page.is_disabled("#camera-record")


def test_of_two_videos_the_last_one_is_read(page: Any) -> None:
    page.click("#tab-video")
    page.evaluate(
        """(second) => {
          const data = Uint8Array.from(atob(second), (c) => c.charCodeAt(0));
          const input = document.getElementById('video-files');
          for (const name of ['one.mp4', 'two.mp4']) {
            const files = new DataTransfer();
            files.items.add(new File([data], name, { type: 'video/mp4' }));
            input.files = files.files;
            input.dispatchEvent(new Event('change'));
          }
        }""",
        base64.b64encode((MEDIA / "single_face.mp4").read_bytes()).decode(),
    )
    page.wait_for_selector("#video-download:not([disabled])", timeout=60_000)
    page.click("#video-download")
    with page.expect_download() as download:
        page.click("#video-download-menu >> text=JSON")
    times = [record["time_s"] for record in json.loads(Path(download.value.path()).read_text())]
    assert times == sorted(set(times))
    assert len(times) > 3


def test_a_video_without_a_length_is_read_to_its_end(page: Any, tmp_path: Path) -> None:
    black = np.zeros((48, 64, 3), np.uint8)
    live = {"live": "1"}  # as browsers record
    clip = write_clip(tmp_path / "live.webm", [black] * 10, rate=10, codec="libvpx", options=live)
    page.click("#tab-video")
    page.set_input_files("#video-files", clip)
    page.wait_for_selector("#video-download:not([disabled])", timeout=60_000)
    assert page.evaluate("document.getElementById('video-player').duration") < 2
    assert float(page.get_attribute("#video-scrub", "max") or 0) == pytest.approx(1, abs=0.15)
