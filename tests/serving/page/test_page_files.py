"""The files of the page: complete, without external addresses or copies of Python's constants."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from ferkit.errors import MissingDependencyError, OutputError, UsageError
from ferkit.serving import page_files as module
from ferkit.serving.page_files import CONTENT_SECURITY_POLICY, RUNTIME_FILES, page_files
from ferkit.serving.static_page import write_page
from ferkit.weights import DEFAULT_MODEL, model_card, shipped_models

PAGE = Path(module.__file__).parent / "page"
SOURCES = sorted(
    path
    for path in PAGE.rglob("*")
    if path.suffix in (".html", ".js", ".css", ".svg", ".webmanifest")
    and path.parent.name != "vendor"
)


@pytest.fixture
def small_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Replace the page by a folder of four files, and the detector by a few bytes."""
    folder = tmp_path / "package"
    for name in RUNTIME_FILES:
        (folder / "vendor").mkdir(parents=True, exist_ok=True)
        (folder / "vendor" / name).write_bytes(b"runtime")
    (folder / "index.html").write_text("<!doctype html>")
    (folder / ".hidden").write_text("of an editor")
    detector = tmp_path / "yunet.onnx"
    detector.write_bytes(b"detector")
    monkeypatch.setenv("FERKIT_YUNET", str(detector))
    monkeypatch.setattr(module, "detector_network", Path.read_bytes)
    monkeypatch.setattr(module, "_folder", lambda: folder)
    return folder


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_the_page_names_no_external_address(path: Path) -> None:
    text = path.read_text("utf-8")
    addresses = set(re.findall(r"\w+://[^\s\"'<>)]*", text))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\son\w+=|\sstyle=", text) or path.suffix != ".html"


def test_html_and_headers_have_the_same_policy() -> None:
    html = (PAGE / "index.html").read_text("utf-8")
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy == CONTENT_SECURITY_POLICY
    assert "'wasm-unsafe-eval'" in policy
    assert "unsafe-inline" not in policy
    assert "'unsafe-eval'" not in policy


def test_every_file_that_the_page_names_exists() -> None:
    html = (PAGE / "index.html").read_text("utf-8")
    named = re.findall(r'(?:href|src)="([^"#]+)"', html)
    assert len(named) > 8
    assert [name for name in named if not (PAGE / name).is_file()] == []
    for path in SOURCES:
        for name in re.findall(r'from "(\.[^"]+)"', path.read_text("utf-8")):
            assert (path.parent / name).is_file(), f"{path.name} imports {name}"
    ids = set(re.findall(r'id="([^"]+)"', html))
    for path in SOURCES:
        asked = set(re.findall(r'byId\("([^"]+)"\)', path.read_text("utf-8")))
        assert asked <= ids, f"{path.name} asks for {asked - ids}"


def test_page_json_agrees_with_the_cards(small_page: Path) -> None:
    files = page_files(models=["nano-fer2013", "nano-fer2013-int8"])
    config = json.loads(files["page.json"].read())
    assert config["server"] is False
    assert config["shell"] == ["index.html", "vendor/ort.wasm.bundle.min.js"]
    for model in config["models"]:
        card = model_card(model["name"])
        assert model["known"] == card["emotions"]
        assert model["uncertain_below"] == card["uncertain_below"]
        file, _, version = model["url"].partition("?v=")
        assert hashlib.sha256(files[file].read()).hexdigest().startswith(version)
        assert files[file].immutable
        assert json.loads(files[model["card"]].read()) == card
    assert [model["name"] for model in config["models"]] == ["nano-fer2013", "nano-fer2013-int8"]
    assert config["default_model"] == "nano-fer2013-int8"
    runtime, _, version = config["runtime"]["url"].partition("?v=")
    assert files[runtime].content_type == "application/gzip"
    assert files[runtime].immutable
    assert hashlib.sha256(files[runtime].read()).hexdigest().startswith(version)
    assert files["index.html"].content_type == "text/html"


def test_seven_of_eight_classes_unless_asked_and_the_small_one_first(small_page: Path) -> None:
    config = json.loads(page_files()["page.json"].read())
    models = {model["name"]: model for model in config["models"]}
    default = models[config["default_model"]]
    assert default["known"] == model_card(DEFAULT_MODEL)["emotions"]
    assert default["bytes"] <= models[DEFAULT_MODEL]["bytes"]
    wild = models["small-wild"]
    assert [*wild["emotions"], "contempt"] == wild["known"]
    assert set(config["colors"]) >= set(wild["known"])
    # Those that are measured on photographs come first.
    order = [model["photographs"] for model in config["models"]]
    assert order == sorted(order, reverse=True)
    assert {model["name"] for model in config["models"] if model["photographs"]} >= {"small-wild"}
    assert not models["small-fer2013"]["photographs"]


def test_large_models_are_offered_by_a_server_alone(small_page: Path) -> None:
    cards = {name: model_card(name) for name in shipped_models()}
    config = json.loads(page_files(served=cards)["page.json"].read())
    assert config["server"] is True
    assert {model["name"] for model in config["models"]} == set(shipped_models())
    large = {model["name"] for model in config["models"] if not model["browser"]}
    assert large >= {"base-fer2013"}
    alone = page_files()
    for name in shipped_models():
        assert (f"models/{name}.onnx" in alone) == (name not in large)


def test_models_not_in_the_wheel_run_on_the_server(
    small_page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "has_onnx_file", lambda name: name != "base-fer2013-int8")
    assert "models/base-fer2013-int8.onnx" not in page_files()
    cards = {"base-fer2013-int8": model_card("base-fer2013-int8")}
    files = page_files(models=list(cards), served=cards)
    assert [model["browser"] for model in json.loads(files["page.json"].read())["models"]] == [
        False
    ]


def test_a_large_model_that_is_named_is_computed_by_the_page(small_page: Path) -> None:
    files = page_files(models=["base-fer2013"])
    (model,) = json.loads(files["page.json"].read())["models"]
    assert model["browser"]
    assert model["url"].partition("?")[0] in files


def test_custom_models_are_listed_without_figures(small_page: Path) -> None:
    card = {"emotions": ["sad", "happy"]}
    files = page_files(models=[], served={"my model {1}": card})
    config = json.loads(files["page.json"].read())
    (model,) = config["models"]
    assert (model["name"], model["known"]) == ("my model {1}", card["emotions"])
    assert (model["browser"], model["url"]) == (False, None)
    assert "not measured" in model["summary"]
    assert config["default_model"] == "my model {1}"
    assert json.loads(files[model["card"]].read()) == card
    assert re.fullmatch(r"models/\w+\.json", model["card"])
    assert not any(name.endswith(".onnx") and "yunet" not in name for name in files)


def test_modules_are_preloaded() -> None:
    named = set(
        re.findall(r'modulepreload" href="([^"]+)"', (PAGE / "index.html").read_text("utf-8"))
    )
    found, left = set(), ["js/boot.js", "js/main.js"]
    while left:
        name = left.pop()
        found.add(name)
        text = (PAGE / name).read_text("utf-8")
        for other in re.findall(r'from "(\.[^"]+)"', text):
            path = (PAGE / name).parent.joinpath(other).resolve().relative_to(PAGE.resolve())
            if path.as_posix() not in found:
                left.append(path.as_posix())
    assert named == found - {"js/main.js", "js/first_worker.js"}


def test_without_the_runtime_the_error_names_the_command(small_page: Path) -> None:
    (small_page / "vendor" / RUNTIME_FILES[1]).unlink()
    with pytest.raises(MissingDependencyError, match="make page"):
        page_files()


def test_unknown_model(small_page: Path) -> None:
    with pytest.raises(UsageError, match="no shipped model 'nana'"):
        page_files(models=["nana"])


def test_static_copy_is_whole_and_replaces_an_earlier_one(small_page: Path, tmp_path: Path) -> None:
    out = write_page(tmp_path / "public" / "emotions", models=["nano-fer2013-int8"])
    (out / "left-over.js").write_text("of an earlier version")
    assert write_page(out, models=["nano-fer2013-int8"]) == out
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert names > set(page_files(models=["nano-fer2013-int8"]))
    assert {"README.txt", "licences/onnxruntime-LICENSE.txt"} <= names
    assert "left-over.js" not in names
    assert [path.name for path in out.parent.iterdir()] == ["emotions"]


def test_static_copy_leaves_other_folders_alone(small_page: Path, tmp_path: Path) -> None:
    taken = tmp_path / "photos"
    taken.mkdir()
    (taken / "holiday.jpg").write_bytes(b"mine")
    with pytest.raises(OutputError, match="holds something other than a page of ferkit"):
        write_page(taken)
    assert [path.name for path in taken.iterdir()] == ["holiday.jpg"]


def test_static_copy_replaces_no_repository(small_page: Path, tmp_path: Path) -> None:
    out = write_page(tmp_path / "public", models=["nano-fer2013-int8"])
    (out / ".git").mkdir()
    with pytest.raises(OutputError, match=r"holds \.git, the history of its files"):
        write_page(out, models=["nano-fer2013-int8"])
    assert (out / ".git").is_dir()


@pytest.mark.parametrize("content", ["5", "null", '"default_model"', '["default_model"]'])
def test_another_page_json_is_no_page(content: str, small_page: Path, tmp_path: Path) -> None:
    (tmp_path / "page.json").write_text(content)
    with pytest.raises(OutputError, match="holds something other than a page of ferkit"):
        write_page(tmp_path)


def test_a_failed_copy_leaves_no_files(
    small_page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    out = write_page(tmp_path / "public" / "emotions", models=["nano-fer2013-int8"])
    before = sorted(out.rglob("*"))
    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OutputError, match="No space left on device"):
        write_page(out, models=["nano-fer2013-int8"])
    assert sorted(out.rglob("*")) == before
    assert [path.name for path in out.parent.iterdir()] == ["emotions"]
