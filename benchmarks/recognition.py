"""The speed of recognition: crops, a photo, videos, a folder, and memory over a long video.

Crops and the photo are compared with `fer` 25.10.3: crops in every way that it offers, of which the
fastest counts (see benchmarks/peers.py), the photo with its MTCNN. Contenders are separate
processes on `--threads` cores, in rounds with a rotating order. Videos, the folder and memory are
measured on whole commands, `ferkit video` and `ferkit predict`, timed from start to exit. Each
figure is the median of `--rounds`.

`--media` is a folder with `multi_face.jpg` (1000x667, five faces), `single_face.jpg`, `no_face.jpg`
and `single_face.mp4` (640x360, one face). The detector's file must be available: see FERKIT_YUNET.

    python benchmarks/recognition.py --media MEDIA --record records/recognition.csv
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from contenders.client import HERE, Contender, Worker, worker_environment
from contenders.mtcnn_environment import mtcnn_packages
from contenders.peer_environment import fer_python
from ferkit.weights import is_shipped
from peers import FER_WAYS, turned
from recognition_material import make_clip, make_folder
from recognition_table import full_table
from record import machine, shown_command, write_record

BATCH = 64
HOUR = 3600 * 30  # frames
# What is in memory after this share of a video is what it needs.
WARM = 0.05


def main() -> None:
    arguments = parse()
    media, command = arguments.media, shown_command("benchmarks/recognition.py", sys.argv[1:])
    command = command.replace(str(media), "MEDIA")
    parts = {
        "crops": crops,
        "photo": photo,
        "video": videos,
        "folder": folder,
        "memory": memory,
    }
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as work:
        for name in arguments.only or parts:
            for row in parts[name](arguments, Path(work)):
                say(", ".join(f"{key} {value}" for key, value in row.items()))
                rows.append({**row, "threads": arguments.threads, "command": command})
    about = machine()
    print(full_table([{**row, **about} for row in rows]))
    if arguments.record:
        measured = {row["what"] for row in rows}
        write_record(arguments.record, rows, keep=lambda row: row["what"] not in measured)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--media", type=Path, required=True, help="folder with photos and a clip")
    parser.add_argument("--model", default="nano-fer2013", help="shipped model or .onnx file")
    parser.add_argument("--detector", default="yunet", help="by its name")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--frames", type=int, default=1200, help="of the clips")
    parser.add_argument("--photos", type=int, default=600, help="in the folder")
    parser.add_argument("--hours", type=float, default=2.0, help="of the long video")
    parser.add_argument(
        "--only", nargs="+", choices=["crops", "photo", "video", "folder", "memory"]
    )
    parser.add_argument("--record", type=Path, help="CSV file to write")
    return parser.parse_args()


def models_of(arguments: argparse.Namespace) -> list[str]:
    """Return the model and its 8-bit variant, where that is shipped."""
    return [arguments.model, *filter(is_shipped, [f"{arguments.model}-int8"])]


def crops(arguments: argparse.Namespace, work: Path) -> Iterator[dict[str, Any]]:
    """Classify crops of 48x48 in batches of 64, by the model and its 8-bit variant."""
    worker = HERE / "ferkit_worker.py"
    own = [
        Contender(
            Path(model).stem, "EmotionClassifier", False, Path(sys.executable), worker, (model,)
        )
        for model in models_of(arguments)
    ]
    peers = [
        Contender("fer", way, True, fer_python(), HERE / "fer_worker.py", (way,))
        for way in FER_WAYS
    ]
    images = work / "crops.npy"
    np.save(images, np.random.default_rng(0).integers(0, 256, (512, 48, 48, 1), dtype=np.uint8))
    for number in range(arguments.rounds):
        for contender in turned([*own, *peers], number):
            with Worker(contender, arguments.threads) as worker:
                worker.ask("use", images=str(images))
                done = worker.ask("time", batch=BATCH, seconds=arguments.seconds)
                rate = done["images"] / done["seconds"]
                about = {"what": "crops", "who": f"{contender.name} {contender.way}"}
                yield row(about, "images/s", rate, number, worker.about["versions"])


def photo(arguments: argparse.Namespace, _: Path) -> Iterator[dict[str, Any]]:
    """Find and classify the faces of one decoded photo."""
    python, packages = mtcnn_packages()
    picture = str(arguments.media / "multi_face.jpg")
    given = (str(arguments.threads), picture, str(arguments.seconds))
    own = worker_environment(arguments.threads, python=Path(sys.executable))
    worker = HERE / "photo_worker.py"
    contenders: dict[str, tuple[tuple[Any, ...], dict[str, str]]] = {
        f"ferkit {model}": ((sys.executable, worker, *given, model, arguments.detector), own)
        for model in models_of(arguments)
    }
    peer = (python, HERE / "fer_photo_worker.py", *given)
    others = {**worker_environment(arguments.threads), "PYTHONPATH": str(packages)}
    contenders["fer MTCNN"] = (peer, others)
    for number in range(arguments.rounds):
        for who in turned(list(contenders), number):  # type: ignore[arg-type,type-var]
            words, environment = contenders[who]  # type: ignore[index]
            answer = answer_of(words, environment)
            about = {"what": "photo", "who": who}
            yield row(about, "faces", answer["faces"], number, answer["worker"])
            for name in ("detect_s", "whole_s"):
                if name in answer:
                    yield row(about, name, answer[name], number, answer["worker"])


def videos(arguments: argparse.Namespace, work: Path) -> Iterator[dict[str, Any]]:
    """Recognise a small clip to CSV, and a large one to an annotated video."""
    clip = arguments.media / "single_face.mp4"
    small = make_clip(clip, work / "small.mp4", arguments.frames)
    large = make_clip(clip, work / "large.mp4", arguments.frames, (1280, 720))
    jobs = {
        "640x360 to CSV": ("video", small, "--out", work / "rows.csv"),
        "640x360 to CSV, --detect-every 3": (
            *("video", small, "--detect-every", "3"),
            *("--out", work / "rows.csv"),
        ),
        "1280x720 annotated": ("video", large, "--annotate", work / "annotated.mp4"),
        "1280x720 annotated, --detect-every 3": (
            *("video", large, "--detect-every", "3"),
            *("--annotate", work / "annotated.mp4"),
        ),
    }
    for number in range(arguments.rounds):
        for name, job in jobs.items():
            seconds = run(arguments, *job)
            about = {"what": "video", "who": name}
            yield row(about, "frames/s", arguments.frames / seconds, number)


def folder(arguments: argparse.Namespace, work: Path) -> Iterator[dict[str, Any]]:
    """Recognise a folder of photos with one thread and with two."""
    photos = sorted(arguments.media.glob("*.jpg"))
    pictures = make_folder(photos, work / "photos", arguments.photos)
    for number in range(arguments.rounds):
        for threads in (1, 2):
            words = ("predict", pictures, "--out", work / "photos.csv", "--threads", str(threads))
            seconds = run(arguments, *words)
            about = {"what": "folder", "who": f"{threads} threads"}
            yield row(about, "photos/s", arguments.photos / seconds, number)


def memory(arguments: argparse.Namespace, work: Path) -> Iterator[dict[str, Any]]:
    """Recognise a long video to CSV and an annotated video, and watch the memory."""
    frames = max(300, round(arguments.hours * HOUR))
    clip = make_clip(arguments.media / "single_face.mp4", work / "long.mp4", frames, (320, 180))
    outputs = ("--out", work / "long.csv", "--annotate", work / "long-annotated.mp4")
    words = words_of(arguments, "video", clip, *outputs)
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    sizes = []
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        found = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")]
        sizes += [int(kilobytes) / 1024 for kilobytes in found]
        time.sleep(0.2)
    if process.returncode:
        raise SystemExit(f"ferkit video ended with {process.returncode}.")
    done = (work / "long.csv").read_text().count("\n") - 1
    first = int(len(sizes) * WARM)
    about = {"what": "memory", "who": f"{done} frames of 320x180"}
    yield row(about, "MB after warm-up", sizes[first], 0)
    yield row(about, "MB more at most", max(sizes[first:]) - sizes[first], 0)


def words_of(arguments: argparse.Namespace, *words: Any) -> list[str]:
    """Return a command of ferkit."""
    model = ("--model", arguments.model, "--detector", arguments.detector)
    given = words if "--threads" in words else (*words, "--threads", arguments.threads)
    return [sys.executable, "-m", "ferkit", *map(str, (*given, *model))]


def run(arguments: argparse.Namespace, *words: Any) -> float:
    """Run a command of ferkit to its end and return the seconds that it took."""
    begin = time.perf_counter()
    subprocess.run(words_of(arguments, *words), check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begin


def answer_of(words: tuple[Any, ...], environment: dict[str, str]) -> dict[str, Any]:
    """Return the JSON of a worker's last line."""
    done = subprocess.run(
        [str(word) for word in words],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def row(
    about: dict[str, str], measure: str, value: float, number: int, worker: str = ""
) -> dict[str, Any]:
    """Return one measurement as a row of the record."""
    return {
        **about,
        "measure": measure,
        "round": number,
        "value": f"{value:.6g}",
        "load_average": f"{os.getloadavg()[0]:.2f}",
        "worker": worker,
    }


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
