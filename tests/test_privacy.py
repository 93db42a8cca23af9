"""Nothing leaves the machine, and nothing is written to the home folder.

Each process runs where the kernel ends it as soon as it turns to an address of the internet
(`no_network`), with a home folder of its own that must stay empty. ONNX Runtime's telemetry looks
up its server after about ten seconds, so the processes stay for twenty, all at once.
"""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import no_network
import pytest
from clips import paint, write_clip

from ferkit.files import keep_home_clean
from ferkit.inference.onnx_runtime import load_onnxruntime

SOURCE = Path(__file__).resolve().parents[1] / "src"
SECONDS = 20

# A picture every second; then the same in a worker of `multiprocessing`, started anew.
_PYTHON_API = """
import multiprocessing, time
import numpy as np
import ferkit
from no_network import forbid_network

def recognise(seconds):
    recognizer = ferkit.EmotionRecognizer("nano-fer2013", detector="mtcnn", threads=1)
    end = time.monotonic() + seconds
    while True:
        recognizer(np.full((96, 96, 3), 90, np.uint8))
        if time.monotonic() >= end:
            return
        time.sleep(1)

if __name__ == "__main__":
    forbid_network()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        other = pool.apply_async(recognise, [{seconds} - 1])
        recognise({seconds})
        other.get()
"""


@dataclass
class Run:
    """A process, its home folder and what it prints."""

    process: subprocess.Popen[bytes]
    home: Path
    log: Path

    def end(self) -> int:
        return self.process.wait(timeout=240)

    def written(self) -> list[str]:
        return sorted(str(path.relative_to(self.home)) for path in self.home.rglob("*"))


def start(arguments: list[str], folder: Path, **environment: str) -> Run:
    """Start Python with an empty home folder and no variables that name output folders."""
    home = folder / "home"
    home.mkdir(parents=True)
    kept = {"PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "TMPDIR"}
    paths = os.pathsep.join([str(SOURCE), str(Path(no_network.__file__).parent)])
    environment = {
        **{name: value for name, value in os.environ.items() if name in kept},
        "HOME": str(home),
        "FERKIT_CACHE": str(folder / "cache"),
        "PYTHONPATH": paths,
        **environment,
    }
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return Run(process, home, log)


@pytest.fixture(scope="module")
def _guarded(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip where the kernel takes no filter; show that it ends a process that looks up a name."""
    if not no_network.supported():
        pytest.skip("only Linux on x86-64 and ARM can be asked to end a process")
    code = "import no_network, socket; no_network.forbid_network(); print('filtered', flush=True); "
    look_up = "socket.getaddrinfo('example.invalid', 443)"
    run = start(["-c", code + look_up], tmp_path_factory.mktemp("guard"))
    returned = run.end()
    if "the kernel takes no filter" in run.log.read_text():
        pytest.skip("the kernel takes no filter here")
    assert (returned, run.log.read_text()) == (-signal.SIGSYS, "filtered\n")


def end_server_after_a_call(run: Run, photo: Path) -> None:
    """Send a picture to the server, and end it."""
    deadline = time.monotonic() + 240
    while "serving at" not in (log := run.log.read_text()):
        assert run.process.poll() is None, log
        assert time.monotonic() < deadline, log
        time.sleep(0.1)
    url = log.partition("serving at ")[2].split()[0]
    request = Request(f"{url}/v1/recognize", photo.read_bytes(), {"Content-Type": "image/png"})
    with urlopen(request) as answer:
        assert answer.status == 200
    run.process.terminate()


@pytest.mark.slow
@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.usefixtures("_guarded")
def test_nothing_leaves_the_machine(faces_folder: Path, tmp_path: Path) -> None:
    photo = next(faces_folder.glob("test/happy/*.png"))
    clip = write_clip(tmp_path / "clip.mp4", [paint((64, 64), (8, 8, 40, 200))] * 5)
    api = tmp_path / "api.py"
    api.write_text(_PYTHON_API.replace("{seconds}", str(SECONDS)))
    none = ["--detector", "none"]
    data = ["--data", str(faces_folder)]
    fit = ["--epochs", "1", "--set", "model=tiny"]
    train = ["train", "demo", *data, *fit, "--out", "run"]
    tune = ["tune", "demo", *data, *fit, "--out", "study", "--trials", "1"]
    commands = {
        "predict": ["predict", str(photo), "--out", "rows.csv", "--annotate", "drawn", *none],
        "video": ["video", str(clip), "--out", "rows.csv", "--annotate", "drawn.mp4", *none],
        "evaluate": ["evaluate", "nano-fer2013", *data],
        "export": ["export", "nano-fer2013", *data, "--format", "onnx-int8", "--out", "nano.onnx"],
        # In one process, since Keras and TensorFlow take longer to load than both trainings.
        "train and tune": [*train, no_network.THEN, *tune, "--space", "learning_rate"],
        "audit": ["audit", *data, "--out", "audit"],
        "engine": [
            "predict",
            str(photo),
            "--on",
            "local",
            "--workers",
            "1",
            "--out",
            "rows",
            *none,
        ],
        "serve": ["serve", "--port", "0", "--model", "nano-fer2013", "--no-page", *none],
    }
    runs = {"Python": start([str(api)], tmp_path / "Python")}
    for name, arguments in commands.items():
        runs[name] = start(["-m", "no_network", str(SECONDS), *arguments], tmp_path / name)
    end_server_after_a_call(runs["serve"], photo)
    ended = {name: run.end() for name, run in runs.items()}
    logs = "\n".join(f"{name}: {runs[name].log.read_text()}" for name in runs if ended[name])
    assert ended == dict.fromkeys(runs, 0), logs
    assert not {name: run.written() for name, run in runs.items() if run.written()}


def test_a_user_may_want_the_telemetry(tmp_path: Path) -> None:
    code = "from ferkit.inference.onnx_runtime import load_onnxruntime; load_onnxruntime()"
    run = start(["-c", code], tmp_path, ORT_DISABLE_TELEMETRY="0")
    assert run.end() == 0
    if sys.platform == "linux":
        # So the empty home folder above says something.
        assert any("onnxruntime" in name for name in run.written())


def test_the_switch_is_set_before_onnx_runtime_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    load_onnxruntime()
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    load_onnxruntime()
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "0"


def test_one_place_loads_onnx_runtime() -> None:
    found = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] in ("onnxruntime", "mtcnnruntime") for name in names):
                found.add(path.name)
    # The latter takes ONNX Runtime's tools for quantising, after a call of the former.
    assert found == {"onnx_runtime.py", "int8.py"}
    int8 = (SOURCE / "ferkit/export/onnx/int8.py").read_text(encoding="utf-8")
    assert int8.index("load_onnxruntime()") < int8.index("from onnxruntime.quantization")


def test_a_folder_in_the_home_or_of_the_users_stays_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("FERKIT_CACHE", str(tmp_path / "cache"))
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MPLCONFIGDIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KERAS_HOME", "mine")
    keep_home_clean()
    assert os.environ["KERAS_HOME"] == "mine"
    assert os.environ["MPLCONFIGDIR"] == str(tmp_path / "cache" / "matplotlib")

    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.delenv("MPLCONFIGDIR")
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".config" / "matplotlib").mkdir(parents=True)
    keep_home_clean()
    assert "KERAS_HOME" not in os.environ
    assert "MPLCONFIGDIR" not in os.environ
