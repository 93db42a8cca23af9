"""Which part of a detector's box does FER-2013 show, and does levelling the eyes help?

The validation images of FER-2013 are faces cropped by its authors. Each is enlarged three times,
padded by half its side (border pixels repeated), and searched by every detector. If a face is
found, the frame relative to the box gives a rule (median scale and shift). Then a classifier
predicts crops by rules around that one; rules are chosen on the images with even numbers and scored
on those with odd ones, where `frame` is the accuracy of the original images. Framings: `box`
(longer side of the box), `level` (the same, rotated until the eyes are level), `landmarks`
(distance from the eyes' to the mouth's middle, no box) and `both` (mean of the squares of the
median rules of `box` and `landmarks`). `overlap_odd` is the median intersection over union of the
median rule's square and the frame.

    python benchmarks/crop_study.py --data fer2013.csv --model small --out records/crop_study
"""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ferkit.data.load import load_fer2013
from ferkit.inference.classifier import EmotionClassifier
from ferkit.inference.crops import CropRule, crop_faces, crop_squares
from ferkit.inference.detectors import create_detector

ENLARGED = 3
SIDE = 48 * ENLARGED
MARGIN = SIDE // 2
SCALES = (0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.45)  # times the median rule's
SHIFTS = (-0.10, -0.05, 0.0, 0.05, 0.10)  # added to the median rule's


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="auto")
    parser.add_argument("--model", default="small-fer2013", help="shipped model or .onnx file")
    parser.add_argument("--out", type=Path, required=True, help="folder for the CSV files")
    parser.add_argument("--limit", type=int, help="only so many images, drawn with seed 0")
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    faces = load_fer2013(arguments.data).split("validation")
    chosen = np.random.default_rng(0).permutation(len(faces))[: arguments.limit]
    images, labels = faces.images[chosen, ..., 0], faces.labels[chosen]
    classifier = EmotionClassifier(arguments.model, threads=arguments.threads)
    frame = float((classifier.predict(images).argmax(axis=1) == labels).mean())
    print(f"{len(images)} images, {classifier.name} reads {frame:.2%} of them as they are")
    found, tried = [], []
    summary: dict[str, Any] = {"images": len(images), "model": classifier.name, "frame": frame}
    for name in ("yunet", "mtcnn"):
        boxes = detect_all(name, images, arguments.threads)
        found += boxes
        rows, summary[name] = study(name, boxes, images, labels, classifier)
        tried += rows
        print(json.dumps({name: summary[name]}, indent=2), flush=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    write_csv(arguments.out / "boxes.csv", found)
    write_csv(arguments.out / "rules.csv", tried)
    (arguments.out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")


def canvas(image: np.ndarray) -> np.ndarray:
    """Return the image enlarged, with a margin."""
    large = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return cv2.copyMakeBorder(large, *[MARGIN] * 4, cv2.BORDER_REPLICATE)


def detect_all(name: str, images: np.ndarray, threads: int | None) -> list[dict[str, Any]]:
    """Return a row for every image that has a face: its best box and landmarks, in sides of the
    frame.
    """
    detector = create_detector(name, threads=threads)
    rows = []
    for index, image in enumerate(images):
        faces = detector.detect(cv2.cvtColor(canvas(image), cv2.COLOR_GRAY2RGB))
        if not len(faces):
            continue
        best = int(faces.score.argmax())
        values = np.concatenate([faces.xyxy[best], faces.landmarks[best].ravel()])
        values = (values - MARGIN) / SIDE
        names = ["x1", "y1", "x2", "y2", *(f"{axis}_{i}" for i in range(5) for axis in "xy")]
        row = {"detector": name, "index": index, "score": round(float(faces.score[best]), 4)}
        rows.append(row | {n: round(float(v), 4) for n, v in zip(names, values, strict=True)})
    return rows


def study(
    name: str,
    rows: list[dict[str, Any]],
    images: np.ndarray,
    labels: np.ndarray,
    classifier: EmotionClassifier,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return every rule tried, and what came out."""
    index = np.array([row["index"] for row in rows])
    right = classifier.predict(images[index]).argmax(axis=1) == labels[index]
    odd = index % 2 == 1
    tried: list[dict[str, Any]] = []
    summary: dict[str, Any] = {"found": len(rows), "frame_on_odd": float(right[odd].mean())}
    for framing in ("box", "level", "landmarks", "both"):
        squares, angles = references(rows, framing)
        centre = (squares[:, :2] + squares[:, 2:]) / 2
        side = squares[:, 2] - squares[:, 0]
        shifts = (0.5 - centre) / side[:, None]
        median = median_rule(squares)

        def score(
            rule: CropRule,
            squares: np.ndarray = squares,
            angles: np.ndarray = angles,
            framing: str = framing,
        ) -> float:
            crops = [
                cut(images[i], square, angle, rule)
                for i, square, angle in zip(index, squares, angles, strict=True)
            ]
            hits = classifier.predict(np.stack(crops)).argmax(axis=1) == labels[index]
            row = {"detector": name, "framing": framing, **rounded(rule)}
            accuracies = {"even": float(hits[~odd].mean()), "odd": float(hits[odd].mean())}
            tried.append(row | {k: round(v, 5) for k, v in accuracies.items()})
            return accuracies["even"]

        scaled = [replace(median, scale=median.scale * factor) for factor in SCALES]
        best = max(scaled, key=score)
        moved = [replace(best, down=best.down + shift) for shift in SHIFTS if shift]
        scores = {rule: score(rule) for rule in moved}
        top = max(scores, key=lambda rule: scores[rule])
        if scores[top] > max(row["even"] for row in tried if matches(row, best, framing)):
            best = top
        chosen = next(row for row in tried if matches(row, best, framing))
        at_median = next(row for row in tried if matches(row, median, framing))
        summary[framing] = {
            "median_rule": rounded(median),
            "scale_quartiles": np.percentile(1 / side, [25, 75]).round(3).tolist(),
            "down_quartiles": np.percentile(shifts[:, 1], [25, 75]).round(3).tolist(),
            "overlap_odd": round(float(np.median(overlaps(squares, median)[odd])), 4),
            "odd_at_median": at_median["odd"],
            "best_rule": rounded(best),
            "odd_at_best": chosen["odd"],
        }
    return tried, summary


def references(rows: list[dict[str, Any]], framing: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the squares `(n, 4)`, in sides of the frame, that rules start from, and the eyes'
    angles in degrees.
    """
    if framing == "both":
        pair = [references(rows, one)[0] for one in ("box", "landmarks")]
        framed = [crop_squares(squares, median_rule(squares)) for squares in pair]
        return (framed[0] + framed[1]) / 2, np.zeros(len(rows))
    boxes = np.array([[row[k] for k in ("x1", "y1", "x2", "y2")] for row in rows])
    points = np.array([[[row[f"x_{i}"], row[f"y_{i}"]] for i in range(5)] for row in rows])
    eyes = points[:, 1] - points[:, 0]
    angles = np.degrees(np.arctan2(eyes[:, 1], eyes[:, 0]))
    if framing == "landmarks":
        eye, mouth = points[:, :2].mean(axis=1), points[:, 3:].mean(axis=1)
        side = np.linalg.norm(mouth - eye, axis=1, keepdims=True).clip(0.05)
        centre = (eye + mouth) / 2
    else:
        side = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True)
        centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    squares = np.concatenate([centre - side / 2, centre + side / 2], axis=1)
    return squares, angles if framing == "level" else np.zeros(len(rows))


def median_rule(squares: np.ndarray) -> CropRule:
    """Return the rule that makes frames of 0..1 of squares, in the median."""
    centre, side = (squares[:, :2] + squares[:, 2:]) / 2, squares[:, 2] - squares[:, 0]
    right, down = ((0.5 - centre) / side[:, None]).T
    return CropRule(*(float(np.median(values)) for values in (1 / side, down, right)))


def overlaps(squares: np.ndarray, rule: CropRule) -> np.ndarray:
    """Return intersection over union of each square by `rule` and the frame 0..1, `(n,)`."""
    framed = crop_squares(squares, rule)
    common = (framed[:, 2:].clip(0, 1) - framed[:, :2].clip(0, 1)).prod(axis=1)
    union: np.ndarray = (framed[:, 2:] - framed[:, :2]).prod(axis=1) + 1 - common
    return common / union


def cut(image: np.ndarray, square: np.ndarray, angle: float, rule: CropRule) -> np.ndarray:
    """Return the crop of one image by a rule, after turning it about the square's centre."""
    large = canvas(image)
    box = square * SIDE + MARGIN
    if angle:
        centre = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        turn = cv2.getRotationMatrix2D(centre, angle, 1.0)
        large = cv2.warpAffine(large, turn, large.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    return crop_faces(large, box[None], rule)[0]


def rounded(rule: CropRule) -> dict[str, float]:
    """Return the rule as it is recorded."""
    return {name: round(getattr(rule, name), 4) for name in ("scale", "down", "right")}


def matches(row: dict[str, Any], rule: CropRule, framing: str) -> bool:
    """Say whether a row is of this rule and framing."""
    return row["framing"] == framing and all(row[k] == v for k, v in rounded(rule).items())


def write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
