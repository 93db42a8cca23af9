"""The smallest faces that YuNet and MTCNN find, by the size at which a picture is searched.

The photo of five faces is shrunk until their median height is a given share of the long side of a
grey picture of 2400x1600, placed on it at random, and searched at several sizes. A face counts as
found if a box overlaps it by more than 0.4.

    python benchmarks/detection_size.py --media MEDIA --record records/detection_size.csv
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ferkit.errors import FerkitError
from ferkit.inference.detectors import create_detector, detail
from ferkit.inference.detectors.protocol import FaceDetector, search_sizes_of
from ferkit.inference.pictures.images import read_image
from record import shown_command, write_record

SIDES = (640, 720, 800, 900, 1024)
SHARES = (0.008, 0.01, 0.0125, 0.015, 0.0175, 0.02, 0.025, 0.03, 0.04)
WIDTH, HEIGHT = 2400, 1600
GREY = 110


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--media", type=Path, required=True, help="folder with multi_face.jpg")
    parser.add_argument("--detector", default="yunet", help="by its name")
    parser.add_argument("--places", type=int, default=8, help="pictures of each size of face")
    parser.add_argument("--record", type=Path, help="CSV file to write")
    arguments = parser.parse_args()
    photo = read_image(arguments.media / "multi_face.jpg").pixels
    try:
        detector = create_detector(arguments.detector)
    except FerkitError as error:
        sys.exit(f"Error: {error}")
    boxes = detail.detect_faces(detector, photo, "high").xyxy
    command = shown_command("benchmarks/detection_size.py", sys.argv[1:])
    command = command.replace(str(arguments.media), "MEDIA")
    rows, sizes = [], search_sizes_of(detector)
    assert sizes is not None
    for side in SIDES:
        detector.search_sizes = replace(sizes, normal=side)  # type: ignore[attr-defined]
        seconds = time_of(detector, photo)
        for share in SHARES:
            found, faces = count(detector, photo, boxes, share, arguments.places)
            row = {"detector": detector.name, "side": side, "share": share, "found": found}
            row |= {"faces": faces, "photo_s": round(seconds, 5), "command": command}
            print(f"{side} pixels, faces of {share:.2%}: {found} of {faces}, photo {seconds:.4f} s")
            rows.append(row)
    if arguments.record:
        write_record(arguments.record, rows)


def time_of(detector: FaceDetector, photo: np.ndarray) -> float:
    """Return the median time of a search of the photo itself, in seconds."""
    times = []
    for _ in range(25):
        begin = time.perf_counter()
        detail.detect_faces(detector, photo)
        times.append(time.perf_counter() - begin)
    return float(np.median(times))


def count(
    detector: FaceDetector, photo: np.ndarray, boxes: np.ndarray, share: float, places: int
) -> tuple[int, int]:
    """Return how many faces were found, and how many there are, when they have `share` of the long
    side.
    """
    scale = share * WIDTH / float(np.median(boxes[:, 3] - boxes[:, 1]))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small: Any = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=method)
    height, width = small.shape[:2]
    rng, found = np.random.default_rng(0), 0
    for _ in range(places):
        x, y = rng.integers(0, WIDTH - width), rng.integers(0, HEIGHT - height)
        picture = np.full((HEIGHT, WIDTH, 3), GREY, np.uint8)
        picture[y : y + height, x : x + width] = small
        answer = detail.detect_faces(detector, picture).xyxy
        wanted = boxes * scale + np.array([x, y, x, y])
        found += sum(any(overlap(face, box) > 0.4 for box in answer) for face in wanted)
    return found, places * len(boxes)


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Return intersection over union of two boxes."""
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    common = float(np.prod(np.clip(high - low, 0, None)))
    areas = [float(np.prod(box[2:] - box[:2])) for box in (one, other)]
    return common / (sum(areas) - common)


if __name__ == "__main__":
    main()
