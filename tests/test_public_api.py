"""The public names: one list, all present and documented, with a fast `import ferkit`."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import ferkit

ROOT = Path(__file__).resolve().parents[1]

# Constants first, then classes, then functions: the order that ruff keeps. A change is a promise to
# users: say it in CHANGELOG.md.
PUBLIC = [
    "EMOTIONS",
    "ConfusionMatrixDisplay",
    "EmotionRecognizer",
    "EmotionTimelineDisplay",
    "FaceEmotions",
    "FerDataset",
    "FerkitError",
    "ReliabilityDisplay",
    "ResultSink",
    "SampleGridDisplay",
    "TrainConfig",
    "TrainingCurvesDisplay",
    "__version__",
    "create_model",
    "evaluate",
    "finetune",
    "list_models",
    "load_fer2013",
    "make_record",
    "open_sink",
    "record_schema",
    "train_and_evaluate",
]
CALLABLES = [n for n in PUBLIC if n not in ("EMOTIONS", "FerkitError", "__version__")]


def test_public_names_are_fixed() -> None:
    assert ferkit.__all__ == PUBLIC
    assert dir(ferkit) == sorted(PUBLIC)


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(ferkit.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == ferkit._HOMES


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_exists_and_is_documented(name: str) -> None:
    assert getattr(ferkit, name) is not None
    assert name in (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CALLABLES)
def test_a_public_docstring_names_every_argument(name: str) -> None:
    value = getattr(ferkit, name)
    text = value.__doc__ or ""
    assert len(text) > 20
    for argument in inspect.signature(value).parameters:
        assert f"{argument}:" in text, f"{name} does not tell what {argument} is"


@pytest.mark.parametrize("name", CALLABLES)
def test_a_public_docstring_has_an_example(name: str) -> None:
    assert ">>>" in (getattr(ferkit, name).__doc__ or "")


def test_no_package_hides_its_module_behind_a_name() -> None:
    """`import ferkit.training.recipes as r` gives the module."""
    found = []
    for path in (ROOT / "src" / "ferkit").rglob("__init__.py"):
        modules = {file.stem for file in path.parent.glob("*.py")}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names = {alias.asname or alias.name for alias in node.names}
                found += [f"{path.parent.name}: {name}" for name in names & modules]
    assert not found


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'train_and_hope'"):
        _ = ferkit.train_and_hope


def test_import_is_fast_and_light() -> None:
    code = (
        "import sys, time\n"
        "start = time.process_time()\n"  # what else runs on the machine does not count
        "import ferkit\n"
        "seconds = time.process_time() - start\n"
        "heavy = {'numpy', 'keras', 'click', 'tensorflow', 'jax', 'pandas', 'PIL', 'rich'}\n"
        "print(seconds, *sorted(heavy & set(sys.modules)))\n"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(3)
    ]
    assert [output[1:] for output in outputs] == [[], [], []]
    assert min(float(output[0]) for output in outputs) < 0.1
