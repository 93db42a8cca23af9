"""The effect of rotating a photograph on a detector's scores and on recognised emotions.

Scores: the best face of each photograph, upright and rotated by 90, 180 and 270 degrees. They
determine the score below which rotated copies of a picture are searched (`sure_score` of a
detector's `SearchSizes`).

Leans: photographs rotated by some degrees; the face is cropped unchanged, or turned upright by its
landmarks if it leans by more than each of several limits. This determines `UPRIGHT_WITHIN` of
`ferkit.inference.crops`.

`--photos` is a zip with `labels.csv` (image, emotion) and its pictures, of one face each.

    python benchmarks/turned_faces.py --photos wild-dev.zip --record records/turned_faces.csv
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ferkit.inference import crops
from ferkit.inference.classifier import EmotionClassifier
from ferkit.inference.detectors import FaceDetector, Faces, create_detector
from ferkit.inference.detectors.protocol import crop_rule_of, search_sizes_of
from ferkit.inference.pictures.images import read_image
from record import shown_command, write_record

LEANS = (0, 10, 20, 30, 40, 50)
LIMITS = (5, 10, 15, 20, 360)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, required=True, help="zip with labels.csv")
    parser.add_argument("--detector", action="append", help="default: yunet and mtcnn")
    parser.add_argument("--model", default="small-fer2013", help="shipped model or .onnx file")
    parser.add_argument("--every", type=int, default=1, help="take every n-th photograph")
    parser.add_argument("--record", type=Path, help="CSV file to write")
    arguments = parser.parse_args()
    photos = read_photos(arguments.photos, arguments.every)
    classifier = EmotionClassifier(arguments.model, threads=1)
    command = shown_command("benchmarks/turned_faces.py", sys.argv[1:], str(arguments.photos))
    rows = []
    for name in arguments.detector or ["yunet", "mtcnn"]:
        detector = create_detector(name, threads=1)
        for row in (*scores(detector, photos), *leans(detector, classifier, photos)):
            print(", ".join(f"{key} {value}" for key, value in row.items()), flush=True)
            about = {"detector": name, "photos": len(photos), "model": arguments.model}
            rows.append({**about, **row, "command": command})
    if arguments.record:
        write_record(arguments.record, rows)


def read_photos(path: Path, every: int) -> list[tuple[np.ndarray, str]]:
    """Return pixels and label of every n-th photograph."""
    with zipfile.ZipFile(path) as archive:
        table = csv.DictReader(io.StringIO(archive.read("labels.csv").decode()))
        named = [(row["image"], row["emotion"]) for row in table]
        return [(read_image(archive.read(name)).pixels, label) for name, label in named[::every]]


def best_face(detector: FaceDetector, image: np.ndarray) -> Faces:
    """Return the one face with the best score, or none."""
    faces = detector.detect(np.ascontiguousarray(image))
    return faces[np.argsort(-faces.score)[:1]]


def scores(
    detector: FaceDetector, photos: list[tuple[np.ndarray, str]]
) -> Iterator[dict[str, Any]]:
    """Yield how sure the detector is of the faces, by how the photographs are turned."""
    sizes = search_sizes_of(detector)
    sure = (sizes.sure_score if sizes else None) or 0.0
    for quarters in range(4):
        found = [best_face(detector, np.rot90(image, quarters)).score for image, _ in photos]
        best = np.array([score.max(initial=0) for score in found])
        yield {
            "part": "scores",
            "turned": 90 * quarters,
            "none_%": percent(best == 0),
            f"below_{sure:g}_%": percent(best < sure),
            **{f"score_at_{p}_%": f"{np.percentile(best, p):.4f}" for p in (5, 50, 95, 99, 100)},
        }


def leans(
    detector: FaceDetector, classifier: EmotionClassifier, photos: list[tuple[np.ndarray, str]]
) -> Iterator[dict[str, Any]]:
    """Yield the accuracy by how far the photographs are turned, for each limit."""
    rule = crop_rule_of(detector)
    for lean in LEANS:
        kept, rolls, labels = [], [], []
        for image, label in photos:
            turned = leaning(image, lean)
            face = best_face(detector, turned)
            if len(face):
                assert face.roll is not None
                kept.append((turned, face))
                rolls.append(float(face.roll[0]))
                labels.append(label)
        for limit in LIMITS:
            crops.UPRIGHT_WITHIN = float(limit)  # type: ignore[misc]
            cut = [crops.crop_faces(image, f.xyxy, rule, f.roll) for image, f in kept]
            answers = classifier.predict(np.concatenate(cut)).argmax(axis=1)
            right = np.array(classifier.emotions)[answers] == np.array(labels)
            yield {
                "part": "leans",
                "turned": lean,
                "missed_%": percent(np.arange(len(photos)) >= len(kept)),
                "median_roll": f"{np.median(rolls):.1f}",
                "upright_beyond": limit,
                "of_them_%": percent(np.abs(rolls) > limit),
                "accuracy_%": percent(right),
            }


def leaning(image: np.ndarray, degrees: float) -> np.ndarray:
    """Return the photograph turned clockwise on a ground that is large enough for any angle."""
    import cv2

    if not degrees:
        return image
    height, width = image.shape[:2]
    side = int(1.3 * max(height, width))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1)
    matrix[:, 2] += (side - width) / 2, (side - height) / 2
    return cv2.warpAffine(image, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)


def percent(which: np.ndarray) -> str:
    return f"{100 * float(np.mean(which)):.2f}"


if __name__ == "__main__":
    main()
