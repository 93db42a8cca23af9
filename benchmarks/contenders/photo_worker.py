"""Time ferkit on one photo in memory, detection alone and with classification; print a JSON line.

python photo_worker.py THREADS PHOTO SECONDS MODEL DETECTOR
"""

from __future__ import annotations

import json
import sys
import time

from answering import pin, versions


def main() -> None:
    threads, photo, seconds, model, detector = sys.argv[1:]
    pin(int(threads))
    import cv2

    from ferkit.inference.detectors import create_detector
    from ferkit.inference.recognizer import EmotionRecognizer

    cv2.setNumThreads(int(threads))
    finder = create_detector(detector, threads=int(threads))
    recognizer = EmotionRecognizer(model, finder, int(threads))
    picture = recognizer.read(photo)
    faces = recognizer.recognize(picture)
    detect, whole = [], []
    end = time.perf_counter() + float(seconds)
    # Turn by turn, so that a slow moment hits both.
    while time.perf_counter() < end or len(whole) < 3:
        begin = time.perf_counter()
        recognizer.detect(picture.pixels)
        middle = time.perf_counter()
        recognizer.recognize(picture, threads=int(threads))
        detect.append(middle - begin)
        whole.append(time.perf_counter() - middle)
    answer = {
        "detect_s": sorted(detect)[len(detect) // 2],
        "whole_s": sorted(whole)[len(whole) // 2],
        "faces": len(faces),
        "worker": versions("ferkit", "onnxruntime", "opencv-python", "numpy"),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
