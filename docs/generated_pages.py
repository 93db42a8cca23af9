"""Pages that are made from the code, so that they cannot go stale."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def write_generated_pages(folder: Path) -> None:
    """Write the tables of recipes, models and augmentations, and the notebook's page, into
    `folder`.
    """
    folder.mkdir(exist_ok=True)
    (folder / "recipes.md").write_text(recipes_table(), encoding="utf-8")
    (folder / "settings.md").write_text(settings_table(), encoding="utf-8")
    (folder / "models.md").write_text(models_table(), encoding="utf-8")
    shutil.copy(ROOT / "notebooks" / "model_training.ipynb", folder / "model_training.ipynb")


def recipes_table() -> str:
    """Return one row per recipe."""
    from ferkit.training.recipes import recipes

    rows = [
        [f"`{recipe.name}`", recipe.purpose, recipe.machine, recipe.time, recipe.accuracy]
        for recipe in recipes().values()
    ]
    return table(["recipe", "purpose", "machine", "time", "test accuracy"], rows)


def settings_table() -> str:
    """Return one row per setting of `TrainConfig`, one column per recipe."""
    from ferkit.training.recipes import recipes

    configs = {name: recipe.config.to_dict() for name, recipe in recipes().items()}
    fields = [name for name in next(iter(configs.values())) if name != "recipe"]
    rows = [[f"`{name}`", *(f"{c[name]}" for c in configs.values())] for name in fields]
    return table(["setting", *(f"`{name}`" for name in configs)], rows)


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


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
