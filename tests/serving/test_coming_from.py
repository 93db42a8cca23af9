"""Every line of `docs/coming-from.md`: ferkit's code runs, the other tool's if installed."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from PIL import Image
from signatures import functions_of, misfits
from starlette.testclient import TestClient

pytest.importorskip("av")

from ferkit.cli.main import cli

PAGE = Path(__file__).resolve().parents[2] / "docs" / "coming-from.md"

# Tool -> its module, and what its lines need before them.
TOOLS = {
    "fer": ("fer", "from fer.fer import FER\nfrom fer import classes\nVideo = classes.Video"),
    "DeepFace": ("deepface", "from deepface import DeepFace"),
    "EmotiEffLib": ("emotiefflib", "from emotiefflib.facial_analysis import *"),
    "Py-Feat": ("feat", "from feat import Detectorv1"),
    "rmn": ("rmn", "from rmn import RMN"),
    "face-api.js": ("", ""),
    "Gradio": ("", ""),
}


def rows() -> Iterator[tuple[str, str, str]]:
    """Yield tool, its code and ferkit's code for every row of the page."""
    tool = ""
    for line in PAGE.read_text("utf-8").splitlines():
        if line.startswith("## "):
            tool = line[3:]
        if match := re.fullmatch(r"\| `(.+)` \| `(.+)` \|", line):
            yield tool, match[1], match[2]


ROWS = list(rows())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a photo, a face cut out of it and a short clip."""
    from ferkit.inference.video.writer import VideoWriter

    folder = tmp_path_factory.mktemp("coming-from")
    origin = importlib.util.find_spec("skimage").origin
    with Image.open(Path(origin).parent / "data" / "astronaut.png") as photo:
        rgb = photo.convert("RGB")
    rgb.save(folder / "photo.jpg")
    rgb.crop((170, 60, 280, 180)).save(folder / "face.jpg")
    writer = VideoWriter(folder / "clip.mp4", rate=5)
    for i in range(6):
        writer.write(np.asarray(rgb.resize((256, 256))), i / 5)
    writer.close()
    (folder / "tokens").write_text("0123456789abcdef")
    return folder


@pytest.fixture(scope="module")
def typed_here(place: Path) -> Callable[[str], Any]:
    """Return a function that runs Python after the lines at the top of the page."""
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[0]
    names: dict[str, Any] = {}

    def run(text: str) -> Any:
        *before, last = ast.parse(text).body
        exec(compile(ast.Module(before, []), "<here>", "exec"), names)
        if isinstance(last, ast.Expr):
            return eval(compile(ast.Expression(last.value), "<here>", "eval"), names)
        exec(compile(ast.Module([last], []), "<here>", "exec"), names)
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setattr("ferkit.inference.detectors.auto.SECONDS_TO_FETCH", 0.0)
        run(code.replace("EmotionRecognizer()", 'EmotionRecognizer(detector="mtcnn")'))
        names["EmotionRecognizer"] = _offline(names["EmotionRecognizer"])
        yield run


def _offline(recognizer: Any) -> Any:
    """Return the class with the detector that needs no network where none is named."""
    return lambda model="small-wild", detector="mtcnn": recognizer(model, detector)


@pytest.fixture(scope="module")
def api(make_server: Callable[..., TestClient]) -> TestClient:
    """Return a server with the model that calls get unless they name one."""
    return make_server(model="small-wild", models=("small-wild",), detector="mtcnn")


@pytest.mark.parametrize(("tool", "there", "here"), ROWS)
def test_the_ferkit_code_of_the_page_runs(
    tool: str,
    there: str,
    here: str,
    request: pytest.FixtureRequest,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(place)
    if here.startswith("ferkit "):
        command = cli.get_command(click.Context(cli), here.split()[1])
        assert command is not None
        command.make_context(command.name, shlex.split(here)[2:])
    elif here.startswith("POST "):
        server = request.getfixturevalue("api")
        answer = server.post(here.split()[1], content=(place / "photo.jpg").read_bytes())
        assert answer.status_code == 200
        if answer.headers["content-type"] == "application/json":
            assert len(answer.json()[0]["faces"]) == 1
    elif here.startswith("WS "):
        server = request.getfixturevalue("api")
        with server.websocket_connect(f"ws://localhost{here.split()[1]}") as live:
            live.send_bytes((place / "photo.jpg").read_bytes())
            assert '"emotion"' in live.receive_text()
    else:
        result = request.getfixturevalue("typed_here")(here)
        # Not an empty result: there is a face in every picture.
        assert result is None or np.isscalar(result) or len(result) > 0


def test_the_page_maps_each_tool_in_several_lines() -> None:
    assert set(TOOLS) == {tool for tool, _, _ in ROWS}
    assert len(ROWS) >= 40


def typed_there(tool: str) -> list[str]:
    """Return the lines of Python that one typed there."""
    lines = [there for name, there, _ in ROWS if name == tool]
    return [line for line in lines if not line.startswith(("deepface ", "POST "))]


PYTHON_TOOLS = [tool for tool, (module, _) in TOOLS.items() if module]


@pytest.mark.parametrize("tool", PYTHON_TOOLS)
def test_the_other_tools_code_fits_their_signatures(tool: str) -> None:
    """The source is enough for it: `pip install --no-deps`, and its folder in `PYTHONPATH`."""
    lines = typed_there(tool)
    assert all(ast.parse(line) for line in lines)
    spec = importlib.util.find_spec(TOOLS[tool][0])
    if spec is None or spec.origin is None:
        pytest.skip(f"{tool} is not installed")
    functions = functions_of(Path(spec.origin).parent)
    assert [call for line in lines for call in misfits(line, functions)] == []


def test_a_call_that_does_not_fit_is_found(tmp_path: Path) -> None:
    (tmp_path / "tool.py").write_text("class A:\n    def __init__(self, x, *, y=1): ...\n")
    functions = functions_of(tmp_path)
    assert list(misfits("A(1, y=2)", functions)) == []
    assert list(misfits("A(1, 2)", functions)) == ["A(1, 2)"]
    assert list(misfits("A(1, z=2); B()", functions)) == ["A(1, z=2)", "B()"]


@pytest.mark.parametrize("tool", PYTHON_TOOLS)
def test_the_other_tools_code_runs_where_installed(
    tool: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = typed_there(tool)
    module, before = TOOLS[tool]
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{tool} is not installed")
    import cv2

    monkeypatch.chdir(place)
    names: dict[str, Any] = {"image": cv2.imread("photo.jpg")}
    exec(before, names)
    for line in python:
        exec(line, names)
