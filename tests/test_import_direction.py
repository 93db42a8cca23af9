"""Imports go one way: a package imports packages of lower levels, never of higher ones."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src"

# Packages from the lowest level to the highest. A file may import from its own package and from
# lower levels; packages of the same level do not import each other.
LEVELS = (
    (
        "ferkit",
        "ferkit.labels",
        "ferkit.version",
        "ferkit.errors",
        "ferkit.files",
        "ferkit.locks",
        "ferkit.fetching",
        "ferkit.colors",
        "ferkit.counted",
        "ferkit.formats",
        "ferkit.progress",
        "ferkit.renamed",
        "ferkit.targets",
    ),
    ("ferkit.decoding",),
    ("ferkit.data", "ferkit.synthetic", "ferkit.backend", "ferkit.metrics"),
    ("ferkit.runs",),
    ("ferkit.weights",),
    ("ferkit.models", "ferkit.displays", "ferkit.inference"),
    ("ferkit.evaluation", "ferkit.serving", "ferkit.scale"),
    ("ferkit.audit", "ferkit.training"),
    ("ferkit.export", "ferkit.tuning"),
    ("ferkit.cli", "ferkit.pyinstaller"),
    ("ferkit.__main__",),
)
LEVEL_OF = {package: level for level, packages in enumerate(LEVELS) for package in packages}

# Recognition runs without training code.
WITHOUT_TRAINING = ("ferkit.inference", "ferkit.serving", "ferkit.scale")
FOR_TRAINING = ("ferkit.training", "keras", "tensorflow", "jax")


def inside(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def package_of(module: str) -> str:
    """Return the package of a module: the longest known name that contains it."""
    return max((package for package in LEVEL_OF if inside(module, package)), key=len)


def imports(
    tree: ast.Module, module: str, known: Container[str] = LEVEL_OF
) -> Iterator[tuple[int, str, bool]]:
    """Yield line, imported module and whether it is imported when the file is loaded; names in
    `known` are given in full.
    """

    def visit(node: ast.AST, on_load: bool) -> Iterator[tuple[int, str, bool]]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, on_load
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno} uses a relative import"
            for alias in node.names:
                # `from ferkit import cli` names a package; `from ferkit.labels import X` does not.
                joined = f"{node.module}.{alias.name}"
                yield node.lineno, joined if joined in known else str(node.module), on_load
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for child in node.body:
                yield from visit(child, False)
            for child in node.orelse:
                yield from visit(child, on_load)
        else:
            lazy = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for child in ast.iter_child_nodes(node):
                yield from visit(child, on_load and not lazy)

    yield from visit(tree, True)


def violations(module: str, source: str) -> list[str]:
    """Return one line `module:line ...` for each import that is not allowed."""
    package, found = package_of(module), []
    for line, name, on_load in imports(ast.parse(source), module):
        if on_load and inside(name, "tensorflow"):
            found.append(f"{module}:{line} imports tensorflow when it is loaded")
        if package in WITHOUT_TRAINING and any(inside(name, banned) for banned in FOR_TRAINING):
            found.append(f"{module}:{line} imports {name}, which only training has")
        # `ferkit/__init__.py` lists the public names of all packages, for type checkers only.
        listing = module == "ferkit" and not on_load
        if not inside(name, "ferkit") or listing or package_of(name) == package:
            continue
        if LEVEL_OF[package_of(name)] > LEVEL_OF[package]:
            found.append(f"{module}:{line} in {package} imports {name} from a higher level")
        elif LEVEL_OF[package_of(name)] == LEVEL_OF[package] > 0:
            found.append(f"{module}:{line} in {package} imports {name} from its own level")
    return found


def modules() -> dict[str, str]:
    """Return the source of every module of ferkit by name."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = path.read_text(encoding="utf-8")
    return found


def reach(sources: dict[str, str], package: str) -> dict[str, str]:
    """Return every module that the package's modules import, directly or indirectly, when loaded or
    within a function, with the module that imports it.
    """
    by: dict[str, str] = {module: "" for module in sources if inside(module, package)}
    left = list(by)
    while left:
        module = left.pop()
        for _, name, _ in imports(ast.parse(sources[module]), module, sources):
            for reached in parents(name):
                # `ferkit/__init__.py` names all packages and loads none of them.
                if reached != "ferkit" and reached not in by:
                    by[reached] = module
                    left += [reached] if reached in sources else []
    return by


def parents(name: str) -> Iterator[str]:
    """Yield a module and the packages that contain it, whose own files are loaded with it."""
    while name:
        yield name
        name = name.rpartition(".")[0]


def route(by: dict[str, str], module: str) -> str:
    """Return the chain of imports that leads to a module."""
    return module + (f" <- {route(by, by[module])}" if by[module] else "")


@pytest.mark.parametrize("package", WITHOUT_TRAINING)
def test_recognition_imports_no_training_code(package: str) -> None:
    by = reach(modules(), package)
    found = [name for name in by if any(inside(name, banned) for banned in FOR_TRAINING)]
    assert not found, "\n" + "\n".join(route(by, name) for name in found)
    assert "ferkit.weights.named" in by  # what is looked for can be found


def test_reach_goes_through_functions_and_packages() -> None:
    sources = {
        "ferkit.serving": "",
        "ferkit.serving.app": "def f():\n    from ferkit.export.onnx.convert import write",
        "ferkit.export": "from ferkit.backend import feeding",
        "ferkit.export.onnx.convert": "",
        "ferkit.backend.feeding": "def g():\n    import keras.ops",
        "ferkit.backend": "",
        "ferkit.unrelated": "import tensorflow",
    }
    by = reach(sources, "ferkit.serving")
    way = "keras.ops <- ferkit.backend.feeding <- ferkit.export <- ferkit.serving.app"
    assert route(by, "keras.ops") == way
    assert "tensorflow" not in by


def test_imports_run_one_way() -> None:
    found = [line for module, source in modules().items() for line in violations(module, source)]
    assert not found, "\n" + "\n".join(found)


def test_every_package_has_a_level() -> None:
    packages = {".".join(module.split(".")[:2]) for module in modules()}
    assert packages <= set(LEVEL_OF), f"not on a level: {packages - set(LEVEL_OF)}"


@pytest.mark.parametrize(
    ("module", "source", "wanted"),
    [
        ("ferkit.data.load", "import os\nfrom ferkit.training import fit", "ferkit.data.load:2 "),
        ("ferkit.labels", "def f():\n    import ferkit.data", "ferkit.labels:2 "),
        ("ferkit.errors", "from ferkit import cli", "ferkit.errors:1 "),
        ("ferkit.models.cnn4", "import tensorflow as tf", "imports tensorflow when it is loaded"),
        ("ferkit.models.cnn4", "class A:\n    from tensorflow import io", "ferkit.models.cnn4:2 "),
        ("ferkit.inference.video", "def f():\n    import keras", "ferkit.inference.video:2 "),
        ("ferkit.serving.app", "from ferkit.training.train import x", "only training has"),
        ("ferkit.inference.results", "import ferkit.evaluation.evaluate", "from a higher level"),
        ("ferkit.models.registry", "import ferkit.inference.results", "from its own level"),
        ("ferkit", "import ferkit.cli", "ferkit:1 "),
    ],
)
def test_a_wrong_import_is_found(module: str, source: str, wanted: str) -> None:
    assert any(wanted in line for line in violations(module, source))


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("ferkit.training.fit", "from ferkit.models import create_model\nimport keras"),
        ("ferkit.backend.feeding", "def f():\n    import tensorflow as tf"),
        ("ferkit.backend.feeding", "if TYPE_CHECKING:\n    import tensorflow as tf"),
        ("ferkit.inference.video", "from ferkit.inference.results import FaceEmotions"),
        ("ferkit.cli.train", "from ferkit import __version__"),
        ("ferkit", "if TYPE_CHECKING:\n    from ferkit.training.train import x"),
    ],
)
def test_a_right_import_is_accepted(module: str, source: str) -> None:
    assert violations(module, source) == []
