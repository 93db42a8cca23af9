"""Whether calls fit a package's functions, judged by its source without importing it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def functions_of(package: Path) -> dict[str, list[ast.arguments]]:
    """Return the parameters of every function in a package by its name; a class has those of its
    constructor, and names that several have all of theirs.
    """
    found: dict[str, list[ast.arguments]] = {}
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8", "replace"))):
            if isinstance(node, ast.FunctionDef):
                found.setdefault(node.name, []).append(node.args)
            elif isinstance(node, ast.ClassDef):
                makers = [n for n in node.body if isinstance(n, ast.FunctionDef)]
                makers = [n for n in makers if n.name in ("__init__", "__new__")]
                found.setdefault(node.name, []).extend(n.args for n in makers)
    return found


def misfits(line: str, functions: dict[str, list[ast.arguments]]) -> Iterator[str]:
    """Yield the calls in a line that fit no function of that name."""
    for call in ast.walk(ast.parse(line)):
        if not isinstance(call, ast.Call):
            continue
        function = call.func
        name = function.attr if isinstance(function, ast.Attribute) else ast.unparse(function)
        if not any(_fits(call, arguments) for arguments in functions.get(name, ())):
            yield ast.unparse(call)


def _fits(call: ast.Call, arguments: ast.arguments) -> bool:
    places = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    places = places[1:] if places[:1] in (["self"], ["cls"]) else places
    known = {*places, *(a.arg for a in arguments.kwonlyargs)}
    named = {word.arg for word in call.keywords}
    return (named <= known or arguments.kwarg is not None) and (
        len(call.args) <= len(places) or arguments.vararg is not None
    )
