"""The web page in Debian's headless chromium: first face, camera, and a comparison with its peer.

The camera is a moving photograph at 30 frames/s, 640x480, once with one face and once with five.
Printed are the frames processed per second and the median delay from frame to result, as the page
itself shows them, and the page's repaints per second meanwhile. The time to the first face begins
when the address is opened, with an empty cache, a photo of the same size given at once, and a
server on this machine. `--human` runs `@vladmandic/human`, from npm, with its TensorFlow.js in
WebAssembly, on the same frames in the same browser: face detector and emotions only, nothing cached
between frames.

    python benchmarks/browser.py --media MEDIA --human --record records/browser.csv
"""

from __future__ import annotations

import argparse
import functools
import json
import math
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from PIL import Image

from ferkit.serving.static_page import write_page
from figures import figure, print_figures
from record import machine, shown_command, write_record

PHOTOS = {1: "single_face.jpg", 5: "multi_face.jpg"}
# How often each way gets its turn at single frames, since the machine's speed varies.
TURNS = 3
SIZE = (640, 480)
HUMAN = ("@vladmandic/human@3.3.6", "@tensorflow/tfjs-backend-wasm@4.22.0")

ONE_FRAME = """async ([url, model, rounds]) => {
  const config = await (await fetch("page.json")).json();
  const { BrowserRecognizer } = await import("/js/browser_recognizer.js");
  const recognizer = new BrowserRecognizer(config);
  const photo = await createImageBitmap(await (await fetch(url)).blob());
  const times = [];
  let faces = 0;
  for (let i = 0; i < rounds; i++) {
    const frame = await createImageBitmap(photo);
    const start = performance.now();
    const answer = await recognizer.frame(frame, { model, search: "normal", live: true });
    times.push(performance.now() - start);
    faces = answer.faces.length;
  }
  return { times, faces };
}"""
HUMAN_FRAME = """async ([url, , rounds]) => {
  const { Human } = await import("/human/dist/human.esm.js");
  const off = { enabled: false };
  const human = new Human({
    backend: "wasm", wasmPath: "/wasm/dist/", modelBasePath: "/human/models/", debug: false,
    cacheSensitivity: 0, filter: off, gesture: off, body: off, hand: off, object: off,
    face: { enabled: true, detector: { maxDetected: 10, skipFrames: 0, skipTime: 0 }, mesh: off,
            iris: off, description: off, antispoof: off, liveness: off,
            emotion: { enabled: true, skipFrames: 0, skipTime: 0 } },
  });
  const photo = await createImageBitmap(await (await fetch(url)).blob());
  const times = [];
  let faces = 0;
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    const answer = await human.detect(photo);
    times.push(performance.now() - start);
    faces = answer.face.length;
  }
  return { times, faces, backend: human.tf.getBackend() };
}"""
PAINTED = """(seconds) => new Promise((resolve) => {
  const start = performance.now();
  let frames = 0;
  const next = (now) => {
    frames++;
    if (now - start < 1000 * seconds) requestAnimationFrame(next);
    else resolve((1000 * frames) / (now - start));
  };
  requestAnimationFrame(next);
})"""


def main() -> None:
    arguments = parse()
    command = shown_command("benchmarks/browser.py", sys.argv[1:], arguments.media)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        page = write_page(root / "page", models=arguments.model)
        for faces, name in PHOTOS.items():
            with Image.open(Path(arguments.media) / name) as photo:
                write_clip(photo, root / f"{faces}.mjpeg")
                frames(photo)[0].save(page / f"{faces}.jpg", quality=92)
        if arguments.human:
            fetch_human(page)
        rows = list(measure(root, page, arguments))
    print_figures(rows)
    where = machine()
    print(f"On {where['processor']} with {where['features']}, {where['cores']} cores.")
    if arguments.record:
        write_record(arguments.record, [{**row, "command": command} for row in rows])


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--media", required=True, help="folder with single_face.jpg and multi_face.jpg"
    )
    parser.add_argument(
        "--model", action="append", help="shipped model (default: the page's own and others)"
    )
    parser.add_argument("--seconds", type=float, default=10, help="of camera (default: 10)")
    parser.add_argument("--rounds", type=int, default=60, help="single frames in a turn")
    parser.add_argument("--human", action="store_true", help="measure @vladmandic/human as well")
    parser.add_argument("--record", type=Path, help="CSV file to write")
    arguments = parser.parse_args()
    arguments.model = arguments.model or ["nano-wild-int8", "nano-wild", "small-wild-int8"]
    return arguments


def measure(root: Path, page: Path, arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield the figures."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, serve(page) as (url, sent):
        for faces in PHOTOS:
            flags = [
                *("--no-sandbox", "--use-fake-device-for-media-stream"),
                *("--use-fake-ui-for-media-stream", "--disable-background-networking"),
                f"--use-file-for-fake-video-capture={root / f'{faces}.mjpeg'}",
            ]
            browser = playwright.chromium.launch(executable_path=chromium(), args=flags)
            about = {"browser": f"chromium {browser.version}", "faces": faces}
            if faces == 1:
                yield from (about | row for row in first_face(browser, url, sent, page / "1.jpg"))
            for model in arguments.model:
                own = model == default_of(page)
                found = camera(browser, url, model, faces, arguments.seconds, own=own)
                yield from (about | row for row in found)
            found = frame_by_frame(browser, url, faces, arguments)
            yield from (about | row for row in found)
            browser.close()


def first_face(browser: Any, url: str, sent: list[int], photo: Path) -> list[dict[str, Any]]:
    """Measure from opening the address to the first box, five times; and what came over the
    wire.
    """
    times, megabytes = [], 0.0
    for _ in range(5):
        context = browser.new_context(service_workers="block")
        page = context.new_page()
        sent.clear()
        page.goto(url, wait_until="commit")
        page.wait_for_selector("#photos:not([hidden])")
        page.set_input_files("#photo-files", photo)
        page.wait_for_selector(".face-box")
        times.append(page.evaluate("performance.now()") / 1000)
        megabytes = sum(sent) / 1e6
        context.close()
    return [
        figure("first face after opening: s", statistics.median(times), "< 2"),
        figure("page and model over the wire: MB", megabytes, "< 12"),
    ]


def camera(
    browser: Any, url: str, model: str, faces: int, seconds: float, *, own: bool
) -> Iterator[dict[str, Any]]:
    """Measure the camera as it runs, after five seconds of warming up; something is wanted of the
    page's own model alone.
    """
    page = open_page(browser, url, model)
    page.click("#tab-camera")
    page.click("#camera-start")
    page.wait_for_selector(".person")
    page.wait_for_timeout(5000)
    looks, delays, painted = [], [], []
    for _ in range(max(1, round(seconds / 2))):
        painted.append(page.evaluate(PAINTED, 2))
        text = page.inner_text("#camera-speed")
        look, delay = re.findall(r"\d+", text)
        looks.append(int(look))
        delays.append(int(delay))
    page.context.close()
    name = f"camera, {faces} face{'s' * (faces > 1)}, {model}"
    rates = {1: ">= 24", 5: ">= 15"}
    yield figure(f"{name}: looks/s", statistics.mean(looks), rates[faces] if own else "")
    yield figure(f"{name}: delay ms, median", statistics.median(delays), "< 100" if own else "")
    # Now and then the clock of the screen has 59 in one second.
    yield figure(f"{name}: painted/s", statistics.mean(painted), ">= 59" if own else "")


def frame_by_frame(
    browser: Any, url: str, faces: int, arguments: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    """Measure one frame after the other, by ferkit and by its peer, in turn."""
    ways = dict.fromkeys(arguments.model, ONE_FRAME)
    if arguments.human:
        ways[HUMAN[0]] = HUMAN_FRAME
    found = dict.fromkeys(ways, 0)
    turns = []
    for _ in range(TURNS):
        turn = {}
        for model, script in ways.items():
            photo = f"{faces}.jpg"
            turn[model], found[model] = one_frame(browser, url, script, photo, model, arguments)
        turns.append(turn)
    for model in ways:
        name = f"one frame, {found[model]} of {faces} found, {model}"
        yield figure(f"{name}: ms, median", statistics.median(turn[model] for turn in turns))
    if arguments.human:
        ratios = [turn[HUMAN[0]] / turn[arguments.model[0]] for turn in turns]
        name = f"one frame, {faces} face{'s' * (faces > 1)}: times as fast as {HUMAN[0]}"
        yield figure(name, statistics.median(ratios), ">= 2.5")


def one_frame(
    browser: Any, url: str, script: str, photo: str, model: str, arguments: argparse.Namespace
) -> tuple[float, int]:
    """Return the median of the milliseconds of a frame, the first tenth left out, and how many
    faces were found.
    """
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    page.goto(url)
    found = page.evaluate(script, [photo, model, arguments.rounds])
    context.close()
    times = found["times"][max(1, arguments.rounds // 10) :]
    return statistics.median(times), found["faces"]


def default_of(page: Path) -> str:
    """Return the model that the page begins with."""
    return str(json.loads((page / "page.json").read_text("utf-8"))["default_model"])


def open_page(browser: Any, url: str, model: str) -> Any:
    """Return the page with a model chosen."""
    context = browser.new_context(service_workers="block", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(url)
    page.click("#open-settings")
    page.check(f'#settings input[value="{model}"]')
    page.keyboard.press("Escape")
    return page


def frames(photo: Image.Image, count: int = 60) -> list[Image.Image]:
    """Return a photograph that sways, as frames of a camera."""
    picture = photo.convert("RGB")
    scale = max(1.1 * SIZE[0] / picture.width, 1.1 * SIZE[1] / picture.height)
    picture = picture.resize((round(picture.width * scale), round(picture.height * scale)))
    spare = (picture.width - SIZE[0]) / 2, (picture.height - SIZE[1]) / 2
    found = []
    for step in range(count):
        angle = 2 * math.pi * step / count
        left = round(spare[0] + min(spare[0], 30) * math.sin(angle))
        top = round(spare[1] + min(spare[1], 10) * math.cos(angle))
        found.append(picture.crop((left, top, left + SIZE[0], top + SIZE[1])))
    return found


def write_clip(photo: Image.Image, path: Path) -> None:
    """Write what chromium takes for a camera: JPEGs one after the other."""
    with path.open("wb") as file:
        for frame in frames(photo):
            frame.save(file, "JPEG", quality=92)


@contextmanager
def serve(folder: Path) -> Iterator[tuple[str, list[int]]]:
    """Serve a folder; yield its address and a list into which the bytes of each file go."""
    sent: list[int] = []

    class Handler(SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # As real servers: headers and content are two packets, and the second would wait for the
        # browser's acknowledgement of the first, 45 ms for each file.
        disable_nagle_algorithm = True

        def copyfile(self, source: Any, outputfile: Any) -> None:
            content = source.read()
            sent.append(len(content))
            outputfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    handler = functools.partial(Handler, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/", sent
    server.shutdown()


def fetch_human(page: Path) -> None:
    """Put the peer's npm packages beside the page."""
    fetch_packages(dict(zip(("human", "wasm"), HUMAN, strict=True)), page)


def fetch_packages(packages: dict[str, str], page: Path) -> None:
    """Put npm packages, `name@version` by the name of their folder, beside the page."""
    for name, package in packages.items():
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True)
            (archive,) = Path(folder).glob("*.tgz")
            shutil.unpack_archive(archive, folder, filter="data")
            shutil.move(Path(folder) / "package", page / name)


def chromium() -> str:
    """Return the browser's path."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        sys.exit("There is no chromium; install it with: apt-get install chromium")
    return found


if __name__ == "__main__":
    main()
