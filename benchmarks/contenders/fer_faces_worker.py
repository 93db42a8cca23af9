"""Classify one given face in each of many pictures by `fer`.

    python fer_faces_worker.py THREADS FOLDER

FOLDER contains the pictures and `boxes.json`, `[[name, [x1, y1, x2, y2]], ...]`. The output is one
line of JSON: versions, the names of the emotions, and a row of scores for each picture. It uses
fer's public API, with its own margin around a box.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from answering import pin, versions


def main() -> None:
    threads, folder = int(sys.argv[1]), Path(sys.argv[2])
    pin(threads)
    import cv2
    from fer.fer import FER

    cv2.setNumThreads(threads)
    detector = FER()
    names = list(FER._get_labels().values())
    rows = []
    for name, (x1, y1, x2, y2) in json.loads((folder / "boxes.json").read_text()):
        rectangle = (round(x1), round(y1), round(x2 - x1), round(y2 - y1))
        (face,) = detector.detect_emotions(
            cv2.imread(str(folder / name)), face_rectangles=[rectangle]
        )
        rows.append([face["emotions"][emotion] for emotion in names])
    told = {"versions": versions("fer", "tensorflow-cpu", "numpy"), "names": names, "rows": rows}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
