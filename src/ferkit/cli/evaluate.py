"""`ferkit evaluate`."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command()
@click.argument("model", type=click.Path())
@click.option("--data", default="auto", show_default=True, help="Folder, zip or table.")
@click.option(
    "--labels",
    default="fer2013",
    show_default=True,
    help="fer2013, ferplus-majority or ferplus-votes.",
)
@click.option("--ferplus", type=click.Path(), help="fer2013new.csv of FER+, for its labels.")
@click.option(
    "--split",
    "splits",
    multiple=True,
    default=("test",),
    show_default=True,
    help="test, validation, train, or some joined by '+'; may be given several times.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder for figures and metrics.json.")
@click.option("--batch-size", type=click.IntRange(1), default=256, show_default=True)
@click.option("--skip-bad", is_flag=True, help="Leave unusable images out.")
@click.option("--convert", is_flag=True, help="Convert colour and other-sized images.")
@click.option("--json", "as_json", is_flag=True, help="Print metrics.json instead of a summary.")
def evaluate(
    model: str,
    data: str,
    labels: str,
    ferplus: str | None,
    splits: tuple[str, ...],
    out: Path | None,
    batch_size: int,
    skip_bad: bool,
    convert: bool,
    as_json: bool,
) -> None:
    """Measure MODEL (a run folder or a .keras file) on a data set.

    \b
    Examples:
      ferkit evaluate runs/cnn6 --data fer2013.csv
      ferkit evaluate model.keras --split validation+test --out evaluation
    """  # noqa: D301 (click wants the backspace character itself)
    from ferkit.cli.output import print_headline
    from ferkit.data.load import load_fer2013
    from ferkit.evaluation.evaluate import evaluate as measure
    from ferkit.models.backend import prepare_compute

    dataset = load_fer2013(data, skip_bad=skip_bad, convert=convert, labels=labels, ferplus=ferplus)
    if dataset.skipped:
        click.echo(f"ferkit: left out {len(dataset.skipped)} items", err=True)
    for note in dataset.notes:
        click.echo(f"ferkit: {note}", err=True)
    # Always in float32: what a figure says should not depend on the machine.
    click.echo(f"ferkit: {prepare_compute('float32')}", err=True)
    metrics = measure(model, dataset, splits=splits, out=out, batch_size=batch_size)
    if as_json:
        click.echo(json.dumps(metrics, indent=2))
    else:
        print_headline(metrics)
