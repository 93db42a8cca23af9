"""Should ONNX Runtime's threads spin while they wait for work? On an idle and on a busy machine.

A process repeatedly recognises one photo with two threads within each network and classifies
batches of 64 crops; each figure is its median time and its mean CPU time. On the busy machine, four
more processes do the same. Spinning on and off alternate.

    python benchmarks/spinning.py --photo multi_face.jpg --record records/spinning.csv
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from record import shown_command, write_record

BATCH = 64
NEIGHBOURS = (0, 4)


def main() -> None:
    arguments = parse()
    if arguments.worker:
        print(json.dumps(work(arguments)))
        return
    command = shown_command("benchmarks/spinning.py", sys.argv[1:], str(arguments.photo))
    rows = []
    for number in range(arguments.rounds):
        for neighbours in NEIGHBOURS:
            for spin in ("1", "0"):
                about = {"neighbours": neighbours, "spin": spin, "round": number}
                for what, figures in measured(arguments, spin, neighbours).items():
                    rows.append({**about, "what": what, **figures, "command": command})
                    print(rows[-1], flush=True)
    if arguments.record:
        write_record(arguments.record, rows)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photo", type=Path, required=True)
    parser.add_argument("--model", default="nano-fer2013", help="shipped model or .onnx file")
    parser.add_argument("--detector", default="yunet")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--record", type=Path, help="CSV file to write")
    parser.add_argument("--worker", choices=["0", "1"], help=argparse.SUPPRESS)
    return parser.parse_args()


def measured(
    arguments: argparse.Namespace, spin: str, neighbours: int
) -> dict[str, dict[str, Any]]:
    """Return the figures of one process, while others do the same."""
    words = [sys.executable, *sys.argv, "--worker", spin]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    longer = [*words, "--seconds", str(10 * arguments.seconds)]
    others = [subprocess.Popen(longer, **quiet) for _ in range(neighbours)]  # type: ignore[call-overload]
    try:
        time.sleep(2.0 if neighbours else 0.0)
        done = subprocess.run(words, capture_output=True, text=True, check=True)
    finally:
        for other in others:
            other.kill()
            other.wait()
    found: dict[str, dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


def work(arguments: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Measure in this process, with spinning as it was asked for."""
    import cv2

    from ferkit import EmotionRecognizer
    from ferkit.inference import onnx_session
    from ferkit.inference.classifier import EmotionClassifier
    from ferkit.inference.detectors import create_detector

    cv2.setNumThreads(arguments.threads)
    onnx_session.SPINNING = arguments.worker
    detector = create_detector(arguments.detector, threads=arguments.threads)
    recognizer = EmotionRecognizer(arguments.model, detector, 1)
    classifier = EmotionClassifier(arguments.model, threads=arguments.threads)
    photo = recognizer.read(arguments.photo)
    faces = np.random.default_rng(0).integers(0, 256, (BATCH, 48, 48, 1), dtype=np.uint8)
    return {
        "photo": timed(lambda: recognizer.recognize(photo), arguments.seconds),
        f"crops, batch {BATCH}": timed(lambda: classifier.predict(faces), arguments.seconds),
    }


def timed(call: Callable[[], object], seconds: float) -> dict[str, Any]:
    """Return median time and mean CPU time of a call, with other work's pause between two."""
    call()
    times, cpu, end = [], time.process_time(), time.perf_counter() + seconds
    while time.perf_counter() < end:
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
        time.sleep(0.004)  # in which threads that spin go on
    cpu = (time.process_time() - cpu) / len(times)
    return {
        "ms": f"{1e3 * float(np.median(times)):.2f}",
        "cpu_ms": f"{1e3 * cpu:.2f}",
        "load_average": f"{os.getloadavg()[0]:.2f}",
    }


if __name__ == "__main__":
    main()
