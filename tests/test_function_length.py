"""Functions and files are short enough to read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src"
MOST_LINES = 50
MOST_LINES_OF_A_FILE = 400


def lengths(source: str) -> Iterator[tuple[str, int]]:
    """Yield name and number of lines of each function, its docstring left out."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            if ast.get_docstring(node, clean=False) is not None:
                lines -= (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
            yield node.name, lines


def test_no_function_is_longer_than_fifty_lines() -> None:
    found = [
        f"{path.relative_to(SOURCE)}: {name} has {lines} lines"
        for path in sorted(SOURCE.rglob("*.py"))
        for name, lines in lengths(path.read_text(encoding="utf-8"))
        if lines > MOST_LINES
    ]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("folder", ["src", "tests", "benchmarks", "docs"])
def test_no_file_is_longer_than_four_hundred_lines(folder: str) -> None:
    files = list((SOURCE.parent / folder).rglob("*.py"))
    assert files
    counts = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert not {str(p): n for p, n in counts.items() if n > MOST_LINES_OF_A_FILE}


def test_the_client_is_short_enough_to_be_copied_into_another_project() -> None:
    client = SOURCE / "ferkit" / "serving" / "client.py"
    assert len(client.read_text(encoding="utf-8").splitlines()) <= 100


def test_a_long_function_is_found_and_its_docstring_does_not_count() -> None:
    docstring = '    """First.\n\n' + "    More.\n" * 60 + '    """\n'
    body = "    pass\n" * 50
    assert list(lengths(f"def f():\n{docstring}{body}")) == [("f", 51)]
