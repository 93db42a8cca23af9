"""Messages of the library name its arguments; the command turns these into options."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import ferkit
from ferkit.cli.parts.flags import as_typed

PACKAGE = Path(ferkit.__file__).parent
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
# Commands of others (git, pip, python), and lines that show a whole command to copy.
COMMANDS = {
    "export/cards/page.py",
    "runs/environment.py",
    "serving/static_page.py",
    "training/recipes.py",
    "weights/__init__.py",
    "weights/locate.py",
}


def flags(source: str) -> Iterator[str]:
    """Yield the flags in every string but docstrings."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docstrings:
            yield from FLAG.findall(str(node.value))


def test_no_message_of_the_library_names_a_flag() -> None:
    named = {
        f"{name} {flag}"
        for file in PACKAGE.rglob("*.py")
        if not (name := file.relative_to(PACKAGE).as_posix()).startswith(("cli/", "pyinstaller/"))
        and name not in COMMANDS
        for flag in flags(file.read_text(encoding="utf-8"))
    }
    assert not named


def test_a_flag_in_a_message_is_found() -> None:
    source = 'def f():\n    """Say --this."""\n    raise E(f"try {1} with --skip-bad")'
    assert list(flags(source)) == ["--skip-bad"]


@pytest.mark.parametrize(
    ("message", "typed"),
    [
        ("continue it with resume=True, or choose", "continue it with --resume, or choose"),
        ("leave out ferplus=..., or", "leave out --ferplus, or"),
        ("name it with data=... .", "name it with --data."),
        ("Fine-tuning needs optimizer=adam", "Fine-tuning needs optimizer=adam"),
    ],
)
def test_the_command_names_the_option(message: str, typed: str) -> None:
    assert as_typed(message) == typed
