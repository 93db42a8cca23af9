"""`ferkit export`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ferkit.cli.parts import options


@click.command()
@click.argument("model", type=click.Path())
@click.option(
    "--format",
    "kind",
    type=click.Choice(["onnx", "onnx-int8", "litert"]),
    default="onnx",
    show_default=True,
    help="Format of the file.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), show_default="the model's name", help="File to write."
)
@options.data(
    default=None,
    show_default=False,
    help="Folder, zip or table of images to compare and calibrate on.",
)
@options.labels(**options.AS_RUN)
@options.ferplus()
@options.skip_bad()
@options.convert()
@click.option(
    "--temperature", type=float, help="Temperature that divides the logits inside the file."
)
@click.option(
    "--calibrate", is_flag=True, help="Calibrate the confidences on the validation images."
)
@click.option(
    "--reduce-range/--full-range",
    default=None,
    hidden=True,
    deprecated=True,
    help="Without effect: 8-bit files are exact on every processor.",
)
@options.overwrite()
@options.class_names()
@options.pixels()
def export(
    model: str,
    kind: str,
    out: Path | None,
    data: str | None,
    temperature: float | None,
    calibrate: bool,
    reduce_range: bool | None,  # noqa: ARG001 (typed before 8-bit files were exact everywhere)
    overwrite: bool,
    class_names: tuple[str, ...] | None,
    pixels: str | None,
    **reading: Any,
) -> None:
    """Write MODEL (a shipped name, a run folder, a .keras or .onnx file) for another runtime.

    The file takes raw grey pixels 0..255, (n, 48, 48, 1) float32, and returns probabilities. It is
    compared with the model on validation images, and the comparison is written next to it. For a
    run folder, the data set is read with the options of the run; options given here take
    precedence.

    \b
    Examples:
      ferkit export runs/cnn6 --format onnx --data fer2013.csv
      ferkit export runs/cnn6 --format onnx-int8 --out cnn6-int8.onnx --data fer2013.csv
    """  # noqa: D301 (click wants the backspace character itself)
    from ferkit.export.export import export_model
    from ferkit.runs.reading import load_as_run
    from ferkit.weights.named import run_of

    dataset = None if data is None else load_as_run(run_of(model), data, **reading)
    done = export_model(
        model,
        out,
        format=kind,
        data=dataset,
        temperature=temperature,
        calibrate=calibrate,
        overwrite=overwrite,
        class_names=class_names,
        pixels=pixels,
    )
    click.echo(f"{done.path}: {done.bytes / 1e6:.2f} MB, {done.calibration}")
    for line in done.parity.lines():
        click.echo(line)
    click.echo(f"Comparison: {done.report}")
