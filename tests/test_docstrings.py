"""Every example in a docstring runs and gives what it shows."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src"

# The only examples that may carry `doctest: +SKIP`: they show what needs a network.
NEEDS_NETWORK = {"ferkit.data.download.download_fer2013"}


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
