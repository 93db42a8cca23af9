"""Every name of a model is resolved in one place."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import ferkit
from ferkit.errors import ModelError, UsageError
from ferkit.files import write_json
from ferkit.weights import model_card
from ferkit.weights.named import architecture_name, as_named, named_model, run_of

PACKAGE = Path(ferkit.__file__).parent


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "runs" / "mine"
    write_json(folder / "config.json", {"model": "cnn6"})
    for name in ("model.keras", "votes.keras", "start.keras"):
        (folder / name).touch()
    return folder


def test_a_shipped_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = "small-fer2013"
    (tmp_path / name).mkdir()
    named = named_model(name)  # the shipped model goes before a folder of that name
    assert (named.kind, named.name, named.path, named.run) == ("shipped", name, None, None)
    assert named.card == model_card(name)
    assert (named.onnx.name, named.keras.name) == (f"{name}.onnx", f"{name}.keras")
    assert named_model("small").name == name, "what it was called before"
    assert named.runs_on_onnx
    with pytest.raises(ModelError, match="8-bit variant"):
        _ = named_model("small-fer2013-int8").keras


def test_a_run_folder_and_the_files_in_it(run: Path) -> None:
    named = named_model(run)
    assert (named.kind, named.name, named.keras) == ("run", "mine", run / "model.keras")
    assert named.run is not None
    assert named.run.path == run
    assert not named.runs_on_onnx
    for file, name, inside in (("model", "mine", run), ("votes", "votes", run)):
        named = named_model(run / f"{file}.keras")
        assert (named.kind, named.name, named.keras) == ("keras", name, run / f"{file}.keras")
        assert named.run is not None
        assert named.run.path == inside
    assert named_model(run / "start.keras").run is None
    with pytest.raises(ModelError, match="is a Keras model, which needs Keras; export it first"):
        _ = named_model(run).onnx


@pytest.mark.parametrize("name", ["faces.onnx", "FACES.ONNX"])
def test_an_onnx_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    named = named_model(tmp_path / name)
    assert (named.kind, named.name, named.onnx) == ("onnx", name[:5], tmp_path / name)
    with pytest.raises(ModelError, match="is for inference only; use the run folder"):
        _ = named.keras


@pytest.mark.parametrize("ending", [".keras", ".h5", ".hdf5", ".H5"])
def test_a_keras_file(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"faces{ending}").touch()
    assert named_model(tmp_path / f"faces{ending}").kind == "keras"


def test_something_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"There is no model 'smal': give .*small.*a run folder"):
        named_model("smal")
    for path in ("typo.keras", "runs/typo", "typo.onnx"):
        with pytest.raises(ModelError, match=f"There is no model {path}: no such file or folder"):
            named_model(path)
    (tmp_path / "faces.tflite").touch()
    with pytest.raises(ModelError, match=r"faces\.tflite is not a model that ferkit reads"):
        named_model("faces.tflite")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"no model in empty: it has no model\.keras"):
        named_model("empty")
    (tmp_path / "empty" / "saved_model.pb").touch()
    with pytest.raises(ModelError, match=r"a TensorFlow SavedModel.*model\.save\('model\.keras'\)"):
        named_model("empty")


def test_a_name_is_given_without_reading_files(run: Path) -> None:
    assert [architecture_name(name) for name in ("small-fer2013", run, "a/b.keras")] == [
        "small",
        "cnn6",
        "b",
    ]
    assert as_named(object()) is None
    assert run_of(object()) is None
    assert run_of("small") is None
    later = run_of("runs/later")
    assert later is not None
    assert later.path.name == "later"


def test_only_one_module_resolves_names() -> None:
    """`is_shipped` is for `named.py`, and for a name that goes through unchanged."""
    asking = {
        str(file.relative_to(PACKAGE))
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Name) and node.id == "is_shipped"
    }
    assert asking <= {"weights/__init__.py", "weights/named.py", "training/finetune.py"}


@pytest.mark.parametrize("ending", ["", ".onnx"])
def test_a_name_of_any_length_is_one_sentence(ending: str) -> None:
    with pytest.raises((ModelError, UsageError), match="There is no model"):
        named_model(300 * "a" + ending)
