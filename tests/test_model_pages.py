"""The pages of the shipped models agree with their cards."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from ferkit import weights

DOCS = Path(__file__).resolve().parents[1] / "docs"


@pytest.fixture(scope="module")
def model_pages() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path])
        spec = importlib.util.spec_from_file_location("model_pages", DOCS / "model_pages.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


def test_the_pages_are_up_to_date(model_pages: ModuleType) -> None:
    stale = model_pages.stale_pages(DOCS / "models")
    assert not stale, f"run python docs/model_pages.py, which renews {', '.join(sorted(stale))}"


def test_a_page_that_was_changed_or_is_of_no_model_is_noticed(
    model_pages: ModuleType, tmp_path: Path
) -> None:
    for name, text in model_pages.pages().items():
        (tmp_path / name).write_text(text)
    assert model_pages.stale_pages(tmp_path) == set()
    (tmp_path / "index.md").write_text("70.0 %")
    (tmp_path / "gone.md").write_text("a model that is no longer shipped")
    assert model_pages.stale_pages(tmp_path) == {"index.md", "gone.md"}


@pytest.mark.parametrize("name", weights.shipped_models())
def test_a_page_states_results_limits_and_law(model_pages: ModuleType, name: str) -> None:
    text, card = model_pages.pages()[f"{name}.md"], weights.model_card(name)
    test = card["evaluation"]["tta"]["none"]["test"]
    assert f"{100 * test['accuracy']:.2f}" in text
    assert card["files"]["onnx"]["sha256"] in text
    for word in ("Barrett", "Article 5(1)(f)", "Annex III", "Article 50(3)", "Goodfellow"):
        assert word in text
    assert ("FER+" in text) == card["training"]["extra_labels"]
