"""Pages generated from the code, so that they are always up to date."""

from __future__ import annotations

import shutil
from pathlib import Path

from ferkit.export.cards.markdown import table

ROOT = Path(__file__).resolve().parents[1]


def write_generated_pages(folder: Path) -> None:
    """Write the tables of recipes, models and augmentations, and the notebook's page, into
    `folder`.
    """
    folder.mkdir(exist_ok=True)
    (folder / "recipes.md").write_text(recipes_table(), encoding="utf-8")
    (folder / "levers.md").write_text(levers_table(), encoding="utf-8")
    (folder / "settings.md").write_text(settings_table(), encoding="utf-8")
    (folder / "models.md").write_text(models_table(), encoding="utf-8")
    shutil.copy(ROOT / "notebooks" / "model_training.ipynb", folder / "model_training.ipynb")


def recipes_table() -> str:
    """Return one row per recipe."""
    from ferkit.training.recipes import named_recipes

    rows = [
        [f"`{recipe.name}`", recipe.purpose, recipe.machine, recipe.time, recipe.accuracy]
        for recipe in named_recipes().values()
    ]
    return table(["recipe", "purpose", "machine", "time", "test accuracy"], rows)


def levers_table(config: type | None = None) -> str:
    """Return one row per setting of a config's class, `TrainConfig` unless another is given."""
    from ferkit.runs.config import TrainConfig
    from ferkit.runs.levers.lever import levers

    rows = [
        [f"`{name}`", as_code(lever.text(lever.default)), lever.allowed(), lever.declared.help]
        for name, lever in levers(config or TrainConfig).items()
    ]
    return table(["setting", "default", "values", "meaning"], rows)


def settings_table() -> str:
    """Return one row per setting that a recipe changes, one column per recipe."""
    from ferkit.runs.config import TrainConfig
    from ferkit.runs.levers.lever import levers
    from ferkit.training.recipes import named_recipes

    configs = {name: recipe.config for name, recipe in named_recipes().items()}
    rows = []
    for name, lever in levers(TrainConfig).items():
        values = [getattr(config, name) for config in configs.values()]
        if name != "recipe" and any(value != lever.default for value in values):
            rows.append([f"`{name}`", *(as_code(lever.text(value)) for value in values)])
    return table(["setting", *(f"`{name}`" for name in configs)], rows)


def as_code(text: str) -> str:
    """Return what is typed as Markdown, and nothing of nothing."""
    return f"`{text}`" if text else ""


def models_table() -> str:
    """Return one row per architecture."""
    from ferkit.models.registry import architectures, create_model
    from ferkit.models.size import count_macs

    rows = []
    for name, architecture in architectures().items():
        model = create_model(name)
        millions = f"{count_macs(model) / 1e6:.1f}"
        rows.append([f"`{name}`", f"{model.count_params():,}", millions, architecture.source])
    return table(["model", "parameters", "MMAC", "source"], rows)
