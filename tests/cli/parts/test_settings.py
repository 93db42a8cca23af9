"""Training settings from a recipe, a file or options."""

from __future__ import annotations

from pathlib import Path

import pytest

from ferkit.cli.parts.settings import chosen_recipe
from ferkit.errors import DataError, FerkitError, UsageError
from ferkit.training import get_recipe


def test_a_recipe_has_a_name_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "best.json"
    file.write_text('{"config": {"model": "cnn4", "image_sizes": "48", "teacher": ""}}')
    assert chosen_recipe(None, file).model == "cnn4"
    assert chosen_recipe("cnn6", None) == get_recipe("cnn6").config
    for name, path in ((None, None), ("cnn6", file)):
        with pytest.raises(UsageError, match="Name a recipe, such as cnn6, or a file"):
            chosen_recipe(name, path)


def test_the_config_of_a_run_is_a_recipe(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"model": "cnn4", "epochs": 3, "data_summary": {}, "extra_labels": false}')
    assert (chosen_recipe(None, file).model, chosen_recipe(None, file).epochs) == ("cnn4", 3)


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        (None, DataError, "There is no recipe file"),
        ("[1]", DataError, "Expected a JSON object with settings"),
        ("{", DataError, "cannot be read as JSON"),
        ('{"epoch": 3}', UsageError, "no field 'epoch'; did you mean epochs"),
        ('{"epochs": "3"}', UsageError, "epochs must be of type int"),
    ],
)
def test_a_file_that_is_no_recipe(
    text: str | None, error: type[FerkitError], said: str, tmp_path: Path
) -> None:
    file = tmp_path / "mine.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(error, match=said) as caught:
        chosen_recipe(None, file)
    assert "\n" not in str(caught.value)
