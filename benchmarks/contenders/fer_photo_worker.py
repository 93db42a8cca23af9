"""Time `fer` with MTCNN on one photo, and print a JSON line.

    python fer_photo_worker.py THREADS PHOTO SECONDS

torchvision's wheels are built for torch with CUDA. If torch has none, their compiled operators do
not load; MTCNN needs one of them, non-maximum suppression of a few hundred boxes, which is then
replaced by NumPy.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from answering import pin, versions


def add_missing_operator() -> None:
    """Put NumPy in the place of torchvision's non-maximum suppression if that does not load."""
    import numpy as np
    import torch

    spec = find_spec("torchvision")
    assert spec
    assert spec.origin
    try:
        torch.ops.load_library(Path(spec.origin).parent / "_C.so")
    except OSError:
        pass
    else:
        return
    library = torch.library.Library("torchvision", "FRAGMENT")
    signature = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
    # Operators that torchvision looks up on import.
    for name in ("nms", "qnms"):
        library.define(f"{name}{signature}")
    import torchvision

    def nms(boxes: Any, scores: Any, limit: float) -> Any:
        xyxy, order = boxes.numpy(), np.argsort(-scores.numpy(), kind="stable")
        areas = (xyxy[:, 2:] - xyxy[:, :2]).prod(axis=1)
        kept = []
        while len(order):
            best, order = order[0], order[1:]
            kept.append(int(best))
            low = np.maximum(xyxy[best, :2], xyxy[order, :2])
            high = np.minimum(xyxy[best, 2:], xyxy[order, 2:])
            common = (high - low).clip(0).prod(axis=1)
            order = order[common <= limit * (areas[best] + areas[order] - common)]
        return torch.tensor(kept, dtype=torch.int64)

    torchvision.ops.boxes.nms = nms


def main() -> None:
    threads, photo, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    pin(threads)
    import cv2
    import torch

    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    add_missing_operator()
    from fer.fer import FER

    detector = FER(mtcnn=True)
    image = cv2.imread(photo)
    faces = len(detector.detect_emotions(image))
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 3:
        begin = time.perf_counter()
        detector.detect_emotions(image)
        times.append(time.perf_counter() - begin)
    about = versions("fer", "tensorflow-cpu", "numpy")
    worker = f"{about}, torch {torch.__version__}"
    print(json.dumps({"whole_s": sorted(times)[len(times) // 2], "faces": faces, "worker": worker}))


if __name__ == "__main__":
    main()
