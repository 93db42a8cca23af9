"""`ferkit models`."""

from __future__ import annotations

import json

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def models(as_json: bool) -> None:
    """List architectures with parameters, multiply-accumulates per image, and source."""
    from ferkit.models.registry import architectures, create_model
    from ferkit.models.size import count_macs

    rows = []
    for name, architecture in architectures().items():
        model = create_model(name)
        rows.append(
            {
                "name": name,
                "parameters": model.count_params(),
                "macs": count_macs(model),
                "source": architecture.source,
            }
        )
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    from ferkit.cli.output import print_table

    print_table(
        ["name", "parameters", "MMAC", "source"],
        [[r["name"], f"{r['parameters']:,}", f"{r['macs'] / 1e6:.1f}", r["source"]] for r in rows],
        right=("parameters", "MMAC"),
    )
