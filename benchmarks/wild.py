"""The accuracy of models on labelled photographs, through detector, crop and network.

The photographs are a folder or zip file with a labels.csv (image, emotion), or a folder for each
emotion. Every model gets the same box, the largest face that YuNet finds, or the whole picture if
it finds none. --degrade degrades the pictures relative to that face; several degradations are
applied one at a time, and compared with the original pictures.

    python benchmarks/wild.py small-wild small-fer2013 --photos wild-dev.zip
    python benchmarks/wild.py small-wild --photos wild-dev.zip --degrade detail=24
    python benchmarks/wild.py --photos wild-dev.zip --fer peers/bin/python --browser
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ferkit.errors import FerkitError
from ferkit.evaluation.degrading import degrade, parse_degradation
from ferkit.evaluation.photographs import (
    FoundFace,
    face_crops,
    find_face,
    measure_crops,
    photograph_metrics,
    read_photographs,
)
from ferkit.files import write_json
from ferkit.inference.classifier import EmotionClassifier
from ferkit.inference.detectors import create_detector
from ferkit.inference.detectors.protocol import FaceDetector
from ferkit.labels import EMOTIONS
from record import machine, shown_command

HERE = Path(__file__).resolve().parent
HEADER = ("model", "views", "pictures", "accuracy", "balanced", *EMOTIONS, "ECE", "uncertain")
AS_THEY_ARE = "as they are"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", help="shipped models or .onnx files")
    parser.add_argument("--photos", required=True, help="labelled folder or zip file")
    parser.add_argument("--degrade", action="append", default=[], metavar="NAME=NUMBER")
    parser.add_argument("--views", action="append", choices=["one", "flip"])
    parser.add_argument("--fer", type=Path, metavar="PYTHON", help="interpreter that has fer")
    parser.add_argument("--browser", action="store_true", help="npm packages in chromium as well")
    parser.add_argument("--record", type=Path, help="JSON file for all figures")
    arguments = parser.parse_args()
    try:
        results = measure(arguments)
    except FerkitError as error:
        sys.exit(f"Error: {error}")
    print(table(results))
    if arguments.record:
        command = shown_command("benchmarks/wild.py", sys.argv[1:], arguments.photos)
        write_json(arguments.record, {"command": command, **machine(), "results": results})


def measure(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the figures of every model on the pictures as they are and as each change makes
    them.
    """
    detector = create_detector("yunet")
    faces = [find_face(photo, detector) for photo in read_photographs(arguments.photos)]
    print(f"{len(faces)} pictures, {sum(face.found for face in faces)} faces found")
    results = []
    for pictures in [AS_THEY_ARE, *arguments.degrade]:
        seen = faces if pictures == AS_THEY_ARE else [worse(face, pictures) for face in faces]
        found = answers(arguments, seen, detector)
        results.extend({"pictures": pictures, **one} for one in found)
    return results


def answers(
    arguments: argparse.Namespace, faces: list[FoundFace], detector: FaceDetector
) -> list[dict[str, Any]]:
    """Return the figures of every model on these faces."""
    labels = [face.emotion for face in faces]
    crops = face_crops(faces, detector)
    found = []
    for model in arguments.models:
        for views in arguments.views or ["flip"]:
            classifier = EmotionClassifier(model, views=views)
            metrics = measure_crops(classifier, crops, labels)
            found.append({"model": classifier.name, "views": views, "metrics": metrics})
    if arguments.fer:
        version, rows = ask_fer(arguments.fer, faces)
        metrics = photograph_metrics(labels, rows, None)
        found.append({"model": version, "views": "one", "metrics": metrics})
    if arguments.browser:
        from contenders.browser_faces import CONTENDERS, ask_browser

        for name, rows in zip(CONTENDERS, ask_browser(faces), strict=True):
            metrics = photograph_metrics(labels, rows, None)
            found.append({"model": name, "views": "one", "metrics": metrics})
    return found


def worse(face: FoundFace, text: str) -> FoundFace:
    """Return the face in a degraded picture, with the box that was found before."""
    side = float((face.box[2:] - face.box[:2]).max())
    pixels = degrade(face.pixels, side, *parse_degradation(text))
    return replace(face, pixels=pixels)


def ask_fer(python: Path, faces: list[FoundFace]) -> tuple[str, np.ndarray]:
    """Return the version of `fer`, and its probabilities of the seven emotions."""
    import cv2

    with tempfile.TemporaryDirectory() as folder:
        boxes = []
        for number, face in enumerate(faces):
            name = f"{number}.png"
            cv2.imwrite(str(Path(folder) / name), face.pixels[..., ::-1])
            boxes.append([name, face.box.tolist()])
        (Path(folder) / "boxes.json").write_text(json.dumps(boxes))
        worker = HERE / "contenders" / "fer_faces_worker.py"
        command = [str(python), str(worker), "1", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    order = [told["names"].index(name) for name in EMOTIONS]
    rows = np.array(told["rows"])[:, order]
    # The API rounds to two digits.
    return told["versions"].split(",")[0], rows / rows.sum(axis=1, keepdims=True)


def table(results: list[dict[str, Any]]) -> str:
    """Return a Markdown table of per cent: recall under each emotion; of what is uncertain, how
    many times as often it is wrong as the rest.
    """
    lines = [HEADER, ["---"] * len(HEADER)]
    for result in results:
        metrics = result["metrics"]
        recalls = [
            f"{100 * scores['recall']:.0f}" if scores["support"] else "-"
            for scores in metrics["per_class"].values()
        ]
        shares = [f"{100 * metrics[key]:.1f}" for key in ("accuracy", "balanced_accuracy")]
        last = [f"{100 * metrics['ece']:.1f}", times_as_wrong(metrics["uncertain"])]
        lines.append(
            [result["model"], result["views"], result["pictures"], *shares, *recalls, *last]
        )
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def times_as_wrong(uncertain: dict[str, Any] | None) -> str:
    """Return the share that is marked and how much oftener it is wrong."""
    if not uncertain or not uncertain["wrong"] or not uncertain["wrong_of_rest"]:
        return "-"
    times = uncertain["wrong"] / uncertain["wrong_of_rest"]
    return f"{100 * uncertain['share']:.0f} %, {times:.1f} x"


if __name__ == "__main__":
    main()
