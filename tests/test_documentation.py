"""Documented commands exist, linked files exist, and examples run."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

import ferkit
from ferkit.cli.main import cli
from ferkit.data import load
from ferkit.errors import DownloadError
from ferkit.formats import ROW_SINKS
from ferkit.inference.detectors import create_detector
from ferkit.inference.detectors import registry as detectors
from ferkit.labels import EMOTIONS
from ferkit.models import create_model, registry

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    *(ROOT / "README.md", ROOT / "CONTRIBUTING.md"),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "models").glob("*.md")),
]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)


def test_every_environment_variable_is_documented() -> None:
    source = [path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py")]
    known = set(re.findall(r"environ\.get\(\"(FERKIT_\w+)\"", "".join(source)))
    assert known >= {"FERKIT_DATA", "FERKIT_CACHE"}
    told = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert not [name for name in known if f"`{name}`" not in told]


def blocks(page: Path, language: str) -> list[str]:
    return [
        text for name, text in BLOCK.findall(page.read_text(encoding="utf-8")) if name == language
    ]


def commands() -> list[tuple[str, str]]:
    """Return every `ferkit ...` command in a shell block, with its page."""
    found = []
    for page in PAGES:
        for line in "".join(blocks(page, "sh")).splitlines():
            typed = re.sub(r"^(\w+=\S+ )+", "", line)
            if typed.startswith("ferkit "):
                found.append((page.name, typed))
    return found


def parse(typed: str) -> None:
    """Let click parse a command line without running it.

    Raises:
        click.ClickException: There is no such command or option, or a value is of the wrong kind.
    """
    command: click.Command = cli
    arguments = shlex.split(typed, comments=True)[1:]
    while isinstance(command, click.Group):
        name, found, arguments = command.resolve_command(click.Context(command), arguments)
        assert name is not None
        assert found is not None
        command = found
    command.make_context(command.name, arguments)


@pytest.mark.parametrize(("page", "typed"), commands())
def test_documented_commands_parse(
    page: str, typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for path in ("fer2013.csv", "runs/cnn4/model.keras", "runs/cnn6/model.keras"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    parse(typed)


@pytest.mark.parametrize("typed", ["ferkit tarin cnn6", "ferkit train cnn6 --out r --epochz 3"])
def test_a_wrong_documented_command_is_found(typed: str) -> None:
    with pytest.raises(click.UsageError):
        parse(typed)


def test_documented_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    shell = "".join(block for page in PAGES for block in blocks(page, "sh"))
    named = set(re.findall(r"^make ([a-z-]+)", shell, flags=re.MULTILINE))
    assert {"demo", "test", "check", "docs", "lock"} <= named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_linked_files_exist(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("_generated/"):  # made when the site is built
            assert (page.parent / target).exists(), f"{page.name} points to {target}"


def test_the_readme_begins_with_the_demonstration_and_the_tests_which_set_themselves_up() -> None:
    first = blocks(ROOT / "README.md", "sh")[0].splitlines()
    assert [line.split("#")[0].strip() for line in first] == ["make demo", "make test"]


def unreachable(*_: object, **options: object) -> Path:
    raise DownloadError("No network here; none is needed.")


def test_the_recognition_of_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _ = blocks(ROOT / "README.md", "python")
    origin = importlib.util.find_spec("skimage").origin
    with Image.open(Path(origin).parent / "data" / "astronaut.png") as photo:
        photo.convert("RGB").save(tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ferkit.inference.detectors.DetectorFile.path", unreachable)
    exec(code, {})
    (line,) = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"\[.*\] happy \d\d\d?%", line)


@pytest.mark.usefixtures("undrawn")
def test_the_python_of_the_readme_runs(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, code = blocks(ROOT / "README.md", "python")
    smaller = {'"fer2013.csv"': "SOURCE", '"cnn6"': '"demo"', "epochs=60": "epochs=1"}
    for written, meant in smaller.items():
        assert code.count(written) == 1
        code = code.replace(written, meant)
    monkeypatch.chdir(tmp_path)
    exec(code, {"SOURCE": str(tiny_folder)})
    assert (tmp_path / "confusion.png").is_file()


def test_the_architecture_of_the_contributing_page_works(monkeypatch: pytest.MonkeyPatch) -> None:
    code = blocks(ROOT / "CONTRIBUTING.md", "python")[0]
    monkeypatch.setattr(registry, "_ARCHITECTURES", dict(registry.architectures()))
    exec(code, {})
    assert create_model("tiny").output_shape == (None, 7)


def test_the_detectors_of_the_pages_work(monkeypatch: pytest.MonkeyPatch) -> None:
    (page,) = blocks(ROOT / "docs" / "detectors.md", "python")
    (contributing,) = (c for c in blocks(ROOT / "CONTRIBUTING.md", "python") if "detect(" in c)
    for code in (page, contributing):
        monkeypatch.setattr(detectors, "_MAKERS", dict(detectors.registered_detectors()))
        exec(code, {"__name__": "page"})
        found = create_detector("centre").detect(np.zeros((80, 100, 3), np.uint8))
        assert found.xyxy.tolist() == [[25, 20, 75, 60]]
        detectors._MAKERS.pop("centre")


def example(word: str) -> dict[str, Any]:
    """Return the names defined by the contributing page's example that contains `word`."""
    (code,) = (code for code in blocks(ROOT / "CONTRIBUTING.md", "python") if word in code)
    names: dict[str, Any] = {"__name__": "example"}
    exec(code, names)
    return names


def test_the_output_format_of_the_contributing_page_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tsv", SimpleNamespace(**example("TsvSink")))
    monkeypatch.setitem(ROW_SINKS, "tsv", "tsv:TsvSink")
    with ferkit.open_sink(tmp_path / "faces.tsv", EMOTIONS, format_name="tsv") as sink:
        sink.write(ferkit.make_record("a.jpg", ferkit.FaceEmotions.empty((4, 3))))
    assert (tmp_path / "faces.tsv").read_text().startswith("a.jpg\t")


def test_the_data_reader_of_the_contributing_page_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "_READERS", (SimpleNamespace(**example("FerDataset")),))
    rows = [json.dumps({"pixels": [9] * 2304, "emotion": index % 7}) for index in range(21)]
    (tmp_path / "faces.jsonl").write_text("\n".join(rows))
    dataset = ferkit.load_fer2013(tmp_path / "faces.jsonl", cache=False)
    assert dataset.sizes()["train"] == 14, "a tenth of each class, one at least, is validation"


def test_the_route_of_the_contributing_page_works(monkeypatch: pytest.MonkeyPatch) -> None:
    from ferkit.serving import ServeSettings, app

    monkeypatch.setattr(app, "status", SimpleNamespace(**example("APIRouter")))
    server = app.create_app(ServeSettings(page=False))
    answer = TestClient(server, base_url="http://localhost").get("/v1/detectors").json()
    assert "yunet" in answer["detectors"]
