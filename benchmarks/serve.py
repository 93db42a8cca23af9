"""`ferkit serve` under load, overload, hostile and slow clients, and with a camera.

python benchmarks/serve.py --media MEDIA --record records/serve.csv
python benchmarks/serve.py --media MEDIA --seconds 5 --hostile 60 --cases 100    # a quick look
"""

from __future__ import annotations

import argparse
import io
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ferkit.inference.recognizer import EmotionRecognizer
from ferkit.weights import DEFAULT_MODEL
from figures import figure, print_figures
from record import machine, shown_command, write_record
from serve_calls import Address, call_for, hold_half_headers, run_all, send_frames, send_hostile

CLIENTS = 8
QUEUE = 16
HALF_OPEN = 200


@dataclass
class Server:
    """A server in a process of its own.

    Attributes:
        address: Where it listens.
        pid: Its process.
        jobs: Its folder of videos.
    """

    address: Address
    pid: int
    jobs: Path

    def memory_mb(self, name: str) -> float:
        """Return `VmRSS`, what it holds now, or `VmHWM`, the most it ever held."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1000  # type: ignore[index]

    def files(self) -> int:
        """Return how many files lie in its folder."""
        return sum(path.is_file() and path.name != "lock" for path in self.jobs.rglob("*"))


@contextmanager
def serving(model: str, threads: int) -> Iterator[Server]:
    """Run `ferkit serve` and stop it at the end."""
    with tempfile.TemporaryDirectory() as folder:
        options = {"MODEL": model, "THREADS": threads, "QUEUE": QUEUE, "PORT": 0}
        options |= {"JOBS_FOLDER": folder, "PAGE": 0, "MAX_BODY_MB": 1, "MAX_VIDEO_MB": 1}
        variables = {f"FERKIT_{name}": str(value) for name, value in options.items()}
        process = subprocess.Popen(
            [sys.executable, "-m", "ferkit", "serve"],
            env=os.environ | variables,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        for line in process.stderr:
            if "serving at" in line:
                break
        else:
            sys.exit("Error: the server did not start.")
        port = int(line.split()[3].rpartition(":")[2])
        try:
            yield Server(("127.0.0.1", port), process.pid, Path(folder))
        finally:
            process.send_signal(signal.SIGTERM)
            if code := process.wait(60):
                print(f"The server ended with {code}: {process.stderr.read()}", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--media", type=Path, required=True, help="folder with single_face.jpg")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument(
        "--seconds", type=float, default=60, help="of load; a third of it for the rest"
    )
    parser.add_argument("--hostile", type=int, default=500, help="bodies")
    parser.add_argument("--cases", type=int, default=2000, help="of schemathesis")
    parser.add_argument("--record", type=Path, help="CSV file to write")
    arguments = parser.parse_args()
    photo = photo_of(arguments.media / "single_face.jpg")
    threads = min(os.cpu_count() or 1, 8)
    # The load alone lasts a minute; the rest is as sure of its figures in a third of that.
    short = arguments.seconds / 3
    library = partial(library_rate, opened(arguments.model, photo, threads), photo, short / 2)
    with serving(arguments.model, threads) as server:
        rows = load(server, photo, arguments.seconds, library)
        rows += overload(server, photo, short, threads)
        rows += camera(server, photo, short)
        rows += hostile(server, arguments.hostile)
        rows += described(server, arguments.cases)
    command = shown_command("benchmarks/serve.py", sys.argv[1:])
    command = command.replace(str(arguments.media), "MEDIA")
    print_figures(rows)
    where = machine()
    print(f"On {where['processor']} with {where['features']}, {where['cores']} cores.")
    if arguments.record:
        write_record(arguments.record, [{**row, "command": command} for row in rows])


def photo_of(path: Path) -> bytes:
    """Return the photo as a JPEG of 640x480."""
    from PIL import Image, ImageOps

    file = io.BytesIO()
    with Image.open(path) as image:
        ImageOps.pad(image.convert("RGB"), (640, 480)).save(file, "JPEG", quality=90)
    return file.getvalue()


def opened(model: str, photo: bytes, threads: int) -> EmotionRecognizer:
    """Return the library's recogniser as the server has it, warmed up."""
    from ferkit.inference.create import create_recognizer

    recognizer = create_recognizer(model, threads=threads)
    for _ in range(20):
        recognizer(photo)
    return recognizer


def library_rate(recognizer: EmotionRecognizer, photo: bytes, seconds: float) -> float:
    """Return how many photos a second the library recognises on as many threads."""
    threads = recognizer.threads
    counts, end = [0] * threads, time.perf_counter() + seconds

    def work(i: int) -> None:
        while time.perf_counter() < end:
            assert len(recognizer(photo)) == 1
            counts[i] += 1

    start = time.perf_counter()
    run_all([lambda i=i: work(i) for i in range(threads)])  # type: ignore[misc]
    return sum(counts) / (time.perf_counter() - start)


def load(
    server: Server, photo: bytes, seconds: float, library: Callable[[], float]
) -> list[dict[str, Any]]:
    """Measure the load, and the library before and after it: the machine's speed changes."""
    before = library()
    call_for(server.address, photo, CLIENTS, min(seconds, 3))
    calls = call_for(server.address, photo, CLIENTS, seconds)
    alone = (before + library()) / 2
    rate, middle = len(calls.taken) / calls.seconds, float(np.median(calls.taken))
    late = float(np.quantile(calls.taken, 0.99))
    return [
        figure("library: photos/s", alone),
        figure(f"{CLIENTS} clients: photos/s", rate),
        figure(f"{CLIENTS} clients: share of the library's", rate / alone, ">= 0.85"),
        figure(f"{CLIENTS} clients: failures", calls.statuses.total() - len(calls.taken), "= 0"),
        figure(f"{CLIENTS} clients: median s", middle),
        figure(f"{CLIENTS} clients: p99 / median", late / middle, "<= 5"),
    ]


def overload(server: Server, photo: bytes, seconds: float, threads: int) -> list[dict[str, Any]]:
    before = server.memory_mb("VmRSS")
    clients = 10 * (threads + QUEUE)
    calls = call_for(server.address, photo, clients, seconds)
    refused = calls.refused or [float("nan")]
    others = calls.statuses.total() - len(calls.taken) - len(calls.refused)
    return [
        figure(f"{clients} clients: photos/s", len(calls.taken) / calls.seconds),
        figure(f"{clients} clients: neither 200 nor 503", others, "= 0"),
        figure(f"{clients} clients: refused", len(calls.refused)),
        figure(
            f"{clients} clients: refused within s, p99", float(np.quantile(refused, 0.99)), "< 0.1"
        ),
        figure(f"{clients} clients: memory MB more", server.memory_mb("VmHWM") - before, "<= 100"),
    ]


def camera(server: Server, photo: bytes, seconds: float) -> list[dict[str, Any]]:
    delays = send_frames(server.address, photo, seconds)[10:]
    return [
        figure("live: frames/s", len(delays) / sum(delays), ">= 20"),
        figure("live: delay s, p95", float(np.quantile(delays, 0.95)), "< 0.15"),
    ]


def hostile(server: Server, number: int) -> list[dict[str, Any]]:
    statuses, longest = send_hostile(server.address, number)
    time.sleep(1)
    return [
        figure(f"{number} hostile bodies: 5xx or no answer", failures(statuses), "= 0"),
        figure(f"{number} hostile bodies: longest s", longest),
        figure(f"{number} hostile bodies: files left", server.files(), "= 0"),
        figure(
            f"{HALF_OPEN} half headers: closed after s",
            hold_half_headers(server.address, HALF_OPEN),
            "<= 15",
        ),
    ]


def failures(statuses: dict[int, int]) -> int:
    return sum(number for status, number in statuses.items() if status == 0 or status >= 500)


def described(server: Server, cases: int) -> list[dict[str, Any]]:
    """Let schemathesis send what the description allows, and what it does not."""
    url = f"http://{server.address[0]}:{server.address[1]}/openapi.json"
    tool = Path(sys.executable).with_name("schemathesis")
    checks = "not_a_server_error,status_code_conformance,content_type_conformance"
    done = subprocess.run(
        [
            *(tool, "run", url, "--seed", "0", "--no-color", "--max-failures", "20"),
            *("--checks", f"{checks},response_schema_conformance"),
            *("--max-examples", str(max(1, cases // 7)), "--phases", "examples,coverage,fuzzing"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    sent = re.findall(r"(\d+) generated", done.stdout)
    if done.returncode:
        print(done.stdout[-4000:], done.stderr[-1000:], file=sys.stderr)
    return [
        figure("schemathesis: cases", int(sent[-1]) if sent else 0, f">= {cases}"),
        figure("schemathesis: exit code", done.returncode, "= 0"),
    ]


if __name__ == "__main__":
    main()
