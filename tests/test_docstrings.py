"""Every example in a docstring runs and gives what it shows."""

from __future__ import annotations

import ast
import doctest
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src"

# The only examples that may carry `doctest: +SKIP`: they show what needs a network.
NEEDS_NETWORK = {
    "ferkit.data.download.download_fer2013",
    # ONNX Runtime for browsers, from npm, and the detector's file.
    "ferkit.serving.page_files.page_files",
    "ferkit.serving.static_page.write_page",
}


def modules_with_examples() -> list[str]:
    """Return the modules whose source holds an example."""
    names = []
    for path in sorted(SOURCE.rglob("*.py")):
        if ">>> " in path.read_text(encoding="utf-8"):
            parts = path.relative_to(SOURCE).with_suffix("").parts
            names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return names


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_of(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module(name)
    # An example that writes without naming a temporary folder must not write into the checkout.
    monkeypatch.chdir(tmp_path)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    for test in doctest.DocTestFinder().find(module, name):
        skips = [doctest.SKIP in example.options for example in test.examples]
        assert not any(skips) or test.name in NEEDS_NETWORK, f"{test.name} skips an example"
        runner.run(test, out=report.append)
    assert runner.failures == 0, "".join(report)
    assert runner.tries > 0 or any(skipped.startswith(name) for skipped in NEEDS_NETWORK)
    assert not list(tmp_path.iterdir()), "an example left files in the working folder"


def own_raises(node: ast.AST) -> Iterator[ast.Raise]:
    """Yield what a function itself raises, not what functions inside of it do."""
    inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Raise) and child.exc is not None:
            yield child
        elif not isinstance(child, inner):
            yield from own_raises(child)


def silent(tree: ast.AST, owner: ast.ClassDef | None = None) -> Iterator[str]:
    """Yield the public functions that raise something and do not say what."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from silent(node, node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            made = owner if node.name in ("__init__", "__post_init__") else None
            if node.name.startswith("_") and made is None and node.name != "__call__":
                continue
            text = ast.get_docstring(made or node) or ""
            if "Raises:" not in text and any(own_raises(node)):
                yield node.name


def test_functions_that_raise_say_what() -> None:
    """All rooms but those whose errors are exit codes and answers of a server."""
    found = [
        f"{path.relative_to(SOURCE)}: {name}"
        for path in sorted((SOURCE / "ferkit").rglob("*.py"))
        if path.relative_to(SOURCE / "ferkit").parts[0] not in ("cli", "serving")
        for name in silent(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not found, "\n".join(found)
