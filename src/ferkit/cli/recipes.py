"""`ferkit recipes`."""

from __future__ import annotations

import json

import click

from ferkit.cli.parts import options


@click.command()
@options.as_json()
def recipes(as_json: bool) -> None:
    """List the training recipes with command, machine, time and expected accuracy."""
    from ferkit.training.recipes import named_recipes

    listed = named_recipes().values()
    if as_json:
        rows = [
            {
                "name": recipe.name,
                "purpose": recipe.purpose,
                "command": recipe.command,
                "machine": recipe.machine,
                "time": recipe.time,
                "accuracy": recipe.accuracy,
                "config": recipe.config.to_dict(),
            }
            for recipe in listed
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    for recipe in listed:
        click.echo(f"{recipe.name}: {recipe.purpose}")
        click.echo(f"    command   {recipe.command}")
        click.echo(f"    machine   {recipe.machine}")
        click.echo(f"    time      {recipe.time}")
        click.echo(f"    accuracy  {recipe.accuracy}")
