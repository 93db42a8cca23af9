"""`ferkit evaluate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ferkit.cli.parts import options

if TYPE_CHECKING:
    from ferkit.data.dataset import FerDataset
    from ferkit.weights.named import NamedModel


@click.command()
@click.argument("model", type=click.Path())
@options.data()
@options.labels(**options.AS_RUN)
@options.ferplus()
@click.option(
    "--split",
    "splits",
    multiple=True,
    show_default="test, or validation if there is no test",
    help="test, validation, train, or several joined by '+'; can be given several times.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder for figures and metrics.json.")
@options.batch_size(default=256, show_default=True)
@click.option(
    "--tta",
    type=click.Choice(["none", "flip", "ten"]),
    default="none",
    show_default=True,
    help="Average over views: the mirror image, or ten shifted and mirrored ones.",
)
@options.draw_test()
@options.skip_bad()
@options.convert()
@click.option(
    "--own-classes",
    is_flag=True,
    help="Treat every folder name as a class; a fine-tuned run records this itself.",
)
@options.overwrite()
@options.class_names()
@options.pixels()
@options.as_json()
def evaluate(
    model: str,
    data: str,
    labels: str | None,
    ferplus: str | None,
    splits: tuple[str, ...],
    out: Path | None,
    batch_size: int,
    tta: str,
    draw_test: bool,
    skip_bad: bool,
    convert: bool,
    own_classes: bool,
    overwrite: bool,
    class_names: tuple[str, ...] | None,
    pixels: str | None,
    as_json: bool,
) -> None:
    """Evaluate MODEL (a shipped name, an .onnx or .keras file, or a run folder) on a data set.

    Shipped models and .onnx files run without Keras. For a run folder, the data set is read with
    the options of the run; options given here take precedence.

    \b
    Examples:
      ferkit evaluate small-fer2013 --data fer2013.csv
      ferkit evaluate runs/cnn6 --data fer2013.csv
      ferkit evaluate model.keras --split validation+test --out evaluation
    """  # noqa: D301 (click wants the backspace character itself)
    from ferkit.cli.parts.output import tell_of_data
    from ferkit.evaluation.evaluate import evaluate as measure
    from ferkit.runs.reading import load_as_run
    from ferkit.weights.named import named_model

    named = named_model(model)
    dataset = load_as_run(
        named.run,
        data,
        labels=labels,
        ferplus=ferplus,
        draw_test=draw_test,
        skip_bad=skip_bad,
        convert=convert,
        own_classes=own_classes,
    )
    tell_of_data(dataset)
    click.echo(f"ferkit: {_prepare(named)}", err=True)
    metrics = measure(
        model,
        dataset,
        splits=splits or None,
        out=out,
        batch_size=batch_size,
        tta=tta,
        overwrite=overwrite,
        class_names=class_names,
        pixels=pixels,
    )
    _print_figures(metrics, named, dataset, as_json=as_json)


def _print_figures(
    metrics: dict[str, Any], model: NamedModel, dataset: FerDataset, *, as_json: bool
) -> None:
    """Print the figures, and compare them with those on the model's card."""
    from ferkit.cli.parts.output import print_headline, print_recalls
    from ferkit.evaluation.card_check import compare_with_card

    _warn_of_order(metrics)
    if as_json:
        click.echo(json.dumps(metrics, indent=2))
        return
    print_headline(metrics)
    print_recalls(metrics)
    if model.card:
        for line in compare_with_card(metrics, dict(model.card), dataset):
            click.echo(line)


def _warn_of_order(metrics: dict[str, Any]) -> None:
    """Warn if the figures suggest another order of the classes."""
    for name, entry in metrics["splits"].items():
        if order := entry.get("likely_order"):
            click.echo(
                f"ferkit: the classes seem to be in another order than assumed: {name} fits "
                f"--class-names {','.join(order)}",
                err=True,
            )


def _prepare(model: NamedModel) -> str:
    """Prepare the runtime of `model` and return its description."""
    if model.runs_on_onnx:
        from importlib.metadata import version

        return f"ONNX Runtime {version('onnxruntime')} on cpu"
    from ferkit.backend.choosing import prepare_compute

    # Always in float32, so that figures do not depend on the machine.
    return str(prepare_compute("float32"))
