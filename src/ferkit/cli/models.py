"""`ferkit models`."""

from __future__ import annotations

import json
from typing import Any

import click

from ferkit.cli.parts import options


@click.command()
@options.as_json()
def models(as_json: bool) -> None:
    """List the shipped models with size and accuracy, and the architectures to train.

    The -wild models are for your own photos; the -fer2013 models are for experiments on FER-2013,
    in which many calm faces are labelled sad or angry.

    \b
    MMAC    millions of multiply-accumulate operations per face
    photos  accuracy on news photographs, on which some -wild settings were chosen
    FER+    agreement with the majority of ten people's votes, eight classes
    test    accuracy on FER-2013's test split (PrivateTest), in one pass
    clean   the same without images that have a twin in the training split

    The figures of photos and FER+ average each face and its mirror image; best-fer2013 always does.
    """  # noqa: D301 (click wants the backspace character itself)
    shipped, architectures = _shipped(), _architectures()
    if as_json:
        click.echo(json.dumps({"shipped": shipped, "architectures": architectures}, indent=2))
        return
    from ferkit.cli.parts.output import print_table
    from ferkit.weights import DEFAULT_MODEL

    if shipped:
        click.echo(f"Shipped, ready to use; {DEFAULT_MODEL} is the default:")
        print_table(
            ["name", "MB", "parameters", "MMAC", "photos", "FER+", "test", "clean"],
            [_shipped_cells(row) for row in shipped],
            right=("MB", "parameters", "MMAC", "photos", "FER+", "test", "clean"),
        )
        click.echo()
    if architectures is None:
        click.echo('Architectures need Keras; install it with: pip install "ferkit[train]"')
        return
    click.echo("Architectures, to train:")
    print_table(
        ["name", "parameters", "MMAC", "source"],
        [
            [r["name"], f"{r['parameters']:,}", f"{r['macs'] / 1e6:.1f}", r["source"]]
            for r in architectures
        ],
        right=("parameters", "MMAC"),
    )


def _shipped() -> list[dict[str, Any]]:
    from ferkit.weights import model_card, shipped_models

    rows = []
    for name in shipped_models():
        card = model_card(name)
        test = card["evaluation"]["tta"]["none"]["test"]
        photos = card["wild"]["views"]["flip"] if "wild" in card else None
        votes = card["ferplus"]["tta"]["flip"]["test"] if "ferplus" in card else None
        rows.append(
            {
                "name": name,
                "bytes": card["files"]["onnx"]["bytes"],
                "parameters": card["parameters"],
                "macs": card["macs"],
                "photographs_accuracy": photos and photos["accuracy"],
                "ferplus_accuracy": votes and votes["accuracy"],
                "test_accuracy": test["accuracy"],
                "clean_accuracy": test["clean_accuracy"],
                "extra_labels": card["training"]["extra_labels"],
                "emotions": card["emotions"],
            }
        )
    return rows


def _shipped_cells(row: dict[str, Any]) -> list[str]:
    shares = [row[f"{of}_accuracy"] for of in ("photographs", "ferplus", "test", "clean")]
    return [
        row["name"],
        f"{row['bytes'] / 1e6:.2f}",
        f"{row['parameters']:,}",
        f"{row['macs'] / 1e6:.1f}",
        *("-" if share is None else f"{share:.2%}" for share in shares),
    ]


def _architectures() -> list[dict[str, Any]] | None:
    """Return one row per architecture; None if Keras is not installed."""
    from ferkit.errors import MissingDependencyError
    from ferkit.models.registry import architectures, create_model

    rows = []
    for name, architecture in architectures().items():
        try:
            model = create_model(name)
        except MissingDependencyError:
            return None
        from ferkit.models.size import count_macs

        rows.append(
            {
                "name": name,
                "parameters": model.count_params(),
                "macs": count_macs(model),
                "source": architecture.source,
            }
        )
    return rows
