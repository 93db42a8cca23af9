"""Classify one given face in each of many pictures by npm packages' networks, in chromium.

`@vladmandic/face-api` is the maintained fork of face-api.js: its expression network is used as its
users do, on the box and on the face aligned by its landmarks. `@vladmandic/human` contains
oarriaga's network, which gets the box prepared as in benchmarks/human_accuracy.py. Both run in
their own TensorFlow.js in WebAssembly.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from browser import HUMAN, chromium, fetch_packages, serve
from ferkit.evaluation.photographs import FoundFace
from ferkit.labels import EMOTIONS

FACE_API = "@vladmandic/face-api@1.7.15"

# The networks, in the order of the rows of `ask`.
CONTENDERS = (FACE_API, f"{FACE_API}, aligned", HUMAN[0])

PREPARE = """async () => {
  const faceapi = await import("/face-api/dist/face-api.esm.js");
  faceapi.tf.setWasmPaths("/wasm/dist/");
  await faceapi.tf.setBackend("wasm");
  await faceapi.tf.ready();
  const expressions = faceapi.nets.faceExpressionNet;
  const landmarks = faceapi.nets.faceLandmark68Net;
  await expressions.loadFromUri("/face-api/model");
  await landmarks.loadFromUri("/face-api/model");
  const { Human } = await import("/human/dist/human.esm.js");
  const human = new Human({ backend: "wasm", wasmPath: "/wasm/dist/", debug: false });
  await human.init();
  const { tf } = human;
  const model = await tf.loadGraphModel("/human/models/emotion.json");

  const words = ["angry", "disgusted", "fearful", "happy", "sad", "surprised", "neutral"];
  const expression = async (face) => {
    const found = await expressions.predictExpressions(face);
    return words.map((word) => found[word]);
  };
  const answer = (face) => tf.tidy(() => {
    const grey = tf.mean(tf.cast(tf.browser.fromPixels(face), "float32"), 2, true);
    const small = tf.image.resizeBilinear(tf.expandDims(tf.div(grey, 255), 0), [64, 64], false);
    return model.execute(tf.mul(tf.sub(small, 0.5), 2));
  });
  globalThis.ask = async ([name, [x1, y1, x2, y2]]) => {
    const picture = new Image();
    picture.src = name;
    await picture.decode();
    const box = new faceapi.Rect(x1, y1, x2 - x1, y2 - y1);
    const [face] = await faceapi.extractFaces(picture, [box]);
    const points = await landmarks.detectLandmarks(face);
    const [aligned] = await faceapi.extractFaces(picture, [points.align(box)]);
    const shares = answer(face);
    const rows = [await expression(face), await expression(aligned), [...(await shares.data())]];
    shares.dispose();
    return rows;
  };
  return [faceapi.tf.getBackend(), tf.getBackend()];
}"""


def ask_browser(faces: list[FoundFace]) -> np.ndarray:
    """Return `(contenders, n, 7)`, the shares of ferkit's emotions for each face."""
    from playwright.sync_api import sync_playwright

    assert EMOTIONS == ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    packages = {"face-api": FACE_API, "human": HUMAN[0], "wasm": HUMAN[1]}
    rows: list[Any] = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        fetch_packages(packages, root)
        (root / "index.html").write_text("<!doctype html>")
        with serve(root) as (url, _), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
            page = browser.new_page()
            page.goto(url)
            backends = page.evaluate(PREPARE)
            assert backends == ["wasm", "wasm"], backends
            for number, face in enumerate(faces):
                name = f"{number}.png"
                cv2.imwrite(str(root / name), face.pixels[..., ::-1])
                rows.append(page.evaluate("ask", [name, face.box.tolist()]))
                (root / name).unlink()
            browser.close()
    shares = np.array(rows, np.float64).transpose(1, 0, 2)
    normalised: np.ndarray = shares / shares.sum(axis=-1, keepdims=True)
    return normalised
