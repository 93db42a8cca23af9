"""The page with computation on a server that requires a token, in a real browser."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from page_server import SHARED, YUNET, Watched, open_browser
from PIL import Image

pytestmark = [
    pytest.mark.slow,
    pytest.mark.shared,
    pytest.mark.enable_socket,  # playwright uses one to control the browser
]

MEDIA = SHARED / "media"
TOKEN = "a/token-of(the)tests+0123456789=="  # with characters that a subprotocol may not have


@pytest.fixture(scope="module")
def url(needs_browser: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not (YUNET.is_file() and (MEDIA / "multi_face.jpg").is_file()):
        pytest.skip(f"the face detector and the photographs are not in {SHARED}")
    import uvicorn

    from ferkit.serving import ServeSettings, create_app

    jobs = tmp_path_factory.mktemp("jobs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FERKIT_YUNET", str(YUNET))
        settings = ServeSettings(model="nano-fer2013", tokens=[TOKEN], threads=1, jobs_folder=jobs)
        config = uvicorn.Config(create_app(settings), port=0, log_level="critical", ws="auto")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.05)
        (socket,) = server.servers[0].sockets
        yield f"http://127.0.0.1:{socket.getsockname()[1]}/"
        server.should_exit = True
        thread.join(20)


@pytest.fixture(scope="module")
def browser(playwright: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    clip = tmp_path_factory.mktemp("camera") / "still.mjpeg"
    with Image.open(MEDIA / "single_face.jpg") as photo, clip.open("wb") as file:
        photo.resize((640, 480)).save(file, "JPEG")
        photo.resize((640, 480)).save(file, "JPEG")
    with open_browser(
        playwright,
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={clip}",
    ) as browser:
        yield browser


def test_photo_camera_and_video_on_the_server(url: str, browser: Any) -> None:
    watched = Watched(browser, url, service_workers="block")
    page = watched.page
    page.goto(url)
    page.click("#open-settings")
    page.check("#settings input[value=server]")
    page.check("#settings input[value=nano-fer2013]")
    page.keyboard.press("Escape")
    assert "On the server" in page.inner_text("#open-settings")
    assert "are sent to the server" in page.inner_text("#photos-empty")

    page.set_input_files("#photo-files", MEDIA / "multi_face.jpg")
    page.fill("#token-value", TOKEN)
    page.click("#token >> text=Continue")
    page.wait_for_selector(".face-box")
    assert page.locator(".face-box").count() == 5

    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.click("#tab-camera")
    page.evaluate("sessionStorage.clear()")
    page.click("#camera-start")
    page.fill("#token-value", TOKEN)
    page.click("#token >> text=Continue")
    page.wait_for_selector("#camera-people .person")
    page.wait_for_timeout(1000)
    assert len(sockets) == 2  # one without a token, and one connection for all frames
    assert page.locator("#camera-people .person").count() == 1
    page.click("#camera-stop")

    page.click("#tab-video")
    page.wait_for_selector("#video:not([inert])")
    page.select_option("#video-step", "0.25")
    page.set_input_files("#video-files", MEDIA / "single_face.mp4")
    page.wait_for_selector("#video-people .person", timeout=60_000)
    assert page.locator("#video-people .person").count() == 1

    # The browser notes the answers that ask for the token, and the blocked worker.
    noted = ("401", "no valid credentials", "blocked")
    watched.said = [text for text in watched.said if not any(note in text for note in noted)]
    watched.close()
