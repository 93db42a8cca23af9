"""What `docs/coming-from.md` says that one typed for face-api.js, run in a browser.

It runs where `FACE_API` names the folder of the package with its models, of
`npm pack @vladmandic/face-api`, which goes on with face-api.js.
"""

from __future__ import annotations

import importlib.util
import os
import re
from pathlib import Path
from typing import Any

import pytest
from page_server import serve_page

from ferkit.serving.page_files import PageFile

pytestmark = pytest.mark.enable_socket  # playwright uses one to control the browser

PAGE = Path(__file__).resolve().parents[3] / "docs" / "coming-from.md"

# What the lines stand on: the script, the detector that they take, an image and a canvas.
PREPARE = """async () => {
  globalThis.faceapi = await import("/dist/face-api.esm.js");
  await faceapi.tf.setBackend("cpu");
  await faceapi.nets.ssdMobilenetv1.loadFromUri("/models");
  globalThis.image = new Image();
  image.src = "/photo.png";
  await image.decode();
  globalThis.canvas = faceapi.createCanvasFromMedia(image);
}"""
RUN = """async (line) => {
  const found = await (0, eval)(line);
  if (line.endsWith(".withFaceExpressions()")) {
    globalThis.results = found;
    globalThis.detection = found[0];
  }
  return found === undefined ? null : (found.length ?? 1);
}"""


def lines() -> list[str]:
    section = PAGE.read_text("utf-8").partition("## face-api.js")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(.+?)` \|", section, flags=re.MULTILINE)


@pytest.fixture
def package() -> Path:
    folder = os.environ.get("FACE_API")
    if not folder:
        pytest.skip("FACE_API names no folder of the package @vladmandic/face-api")
    return Path(folder)


def test_the_documented_face_api_code_runs(package: Path, browser: Any) -> None:
    photo = Path(str(importlib.util.find_spec("skimage").origin)).parent / "data" / "astronaut.png"
    files = {
        "index.html": PageFile("text/html", b"<!doctype html><link rel=icon href=data:,>"),
        "photo.png": PageFile("image/png", photo),
        "dist/face-api.esm.js": PageFile("text/javascript", package / "dist/face-api.esm.js"),
    }
    for path in (package / "model").iterdir():
        files[f"models/{path.name}"] = PageFile("application/octet-stream", path)
    assert len(lines()) == 5
    with serve_page(files) as url:
        # The policy of ferkit's page allows no `eval`, with which the lines run here.
        context = browser.new_context(bypass_csp=True)
        page = context.new_page()
        page.goto(url)
        page.evaluate(PREPARE)
        found = {line: page.evaluate(RUN, line) for line in lines()}
        context.close()
    assert found["faceapi.detectAllFaces(image).withFaceExpressions()"] == 1
    assert found["faceapi.detectAllFaces(image)"] == 1
