"""Docstrings: examples run and give the shown result, and raised errors are documented."""

from __future__ import annotations

import ast
import doctest
import re
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


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
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


def own_raises(node: ast.AST, caught: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the names of the errors that a function itself raises and does not catch; not those of
    functions inside it.
    """
    inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    if isinstance(node, ast.Try):
        handled = " ".join(ast.unparse(each.type) for each in node.handlers if each.type)
        for child in node.body:
            yield from own_raises(child, caught | set(re.findall(r"\w+", handled)))
        for part in (*node.handlers, *node.orelse, *node.finalbody):
            yield from own_raises(part, caught)
    elif isinstance(node, ast.Raise):
        # `raise X(...)` and `raise X.of(...)`; `raise error` and helpers have no name of a class.
        error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        name = ast.unparse(error).removesuffix(".of").split(".")[-1] if error else ""
        if name[:1].isupper() and name not in caught:
            yield name
    else:
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, inner):
                yield from own_raises(child, caught)


def unsaid(tree: ast.AST, owner: ast.ClassDef | None = None) -> Iterator[str]:
    """Yield the public functions whose docstring does not name an error that they raise."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from unsaid(node, node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            made = owner if node.name in ("__init__", "__post_init__") else None
            if node.name.startswith("_") and made is None and node.name != "__call__":
                continue
            said = (ast.get_docstring(made or node) or "").partition("Raises:")[2]
            raised = {name for part in node.body for name in own_raises(part)}
            for name in sorted(raised):
                if f"{name}:" not in said and not name.startswith("_"):
                    yield f"{node.name} raises {name}"


def test_functions_that_raise_document_it() -> None:
    """All but commands and routes, whose errors are exit codes and a server's answers and whose
    docstrings are help texts.
    """
    found = [
        f"{path.relative_to(SOURCE)}: {name}"
        for path in sorted((SOURCE / "ferkit").rglob("*.py"))
        if not path.is_relative_to(SOURCE / "ferkit/cli")
        and not path.is_relative_to(SOURCE / "ferkit/serving/routes")
        for name in unsaid(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not found, "\n".join(found)


def test_an_undocumented_error_is_found() -> None:
    source = """
def f():
    '''Do it.

    Raises:
        DataError: It is damaged.
    '''
    try:
        raise ValueError("caught")
    except ValueError as error:
        raise errors.ModelError.of("x") from error
    raise DataError("said")
"""
    assert list(unsaid(ast.parse(source))) == ["f raises ModelError"]


# Each is written in another way throughout ferkit.
DIALECT = {
    r"Defaults? (None|True|False|\d|`)": "Defaults to X.",
    r"\(default[: ]": "Defaults to X.",
    r"\b[Cc]an not\b": "cannot",
    r"Raises:\n\s+\w+: [Ii]f ": "a sentence about the case, without 'if'",
}


def docstrings(tree: ast.AST) -> Iterator[str]:
    """Yield all docstrings of a module."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented):
            yield ast.get_docstring(node) or ""


def test_docstrings_have_one_dialect() -> None:
    found = [
        f"{path.relative_to(SOURCE)}: {match.group()!r}; write {wanted}"
        for path in sorted((SOURCE / "ferkit").rglob("*.py"))
        for text in docstrings(ast.parse(path.read_text(encoding="utf-8")))
        for pattern, wanted in DIALECT.items()
        for match in re.finditer(pattern, text)
    ]
    assert not found, "\n".join(found)
