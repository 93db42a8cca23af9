"""The config of a training, from a recipe and the command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ferkit.errors import UsageError

if TYPE_CHECKING:
    from ferkit.runs.config import TrainConfig


def chosen_recipe(name: str | None, file: Path | None) -> TrainConfig:
    """Return the settings of a recipe given by name, or from a file.

    Raises:
        UsageError: Neither or both are given, there is no such recipe, or the file has wrong
            settings.
        DataError: The file cannot be read.
    """
    from ferkit.training import get_recipe
    from ferkit.training.recipe_file import read_recipe_file

    if (name is None) == (file is None):
        raise UsageError("Name a recipe, such as cnn6, or a file of settings with --recipe-file.")
    if file is not None:
        return read_recipe_file(file)
    assert name is not None
    return get_recipe(name).config


def configure(
    config: TrainConfig, settings: tuple[str, ...], options: dict[str, Any]
) -> TrainConfig:
    """Return `config` with the values of `--set` and of options, which take precedence.

    Args:
        config: The settings to change.
        settings: `FIELD=VALUE` of each `--set`.
        options: Value by field; None and False stand for an option that was not given.

    Raises:
        UsageError: A setting is not `FIELD=VALUE`, there is no such field, or a value is out of
            range.
    """
    # `is`, because 0 is a value although it equals False.
    typed = {
        field: value for field, value in options.items() if not (value is None or value is False)
    }
    return replace(config.with_settings(parse_settings(settings)), **typed)


def parse_settings(settings: tuple[str, ...]) -> dict[str, str]:
    """Return the values of `--set FIELD=VALUE` by field.

    Raises:
        UsageError: There is no `=`.
    """
    pairs = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"--set takes FIELD=VALUE, such as epochs=10, not '{setting}'.")
        pairs[name.strip()] = value.strip()
    return pairs
