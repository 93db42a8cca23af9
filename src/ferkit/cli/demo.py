"""`ferkit demo`: the whole process on synthetic faces."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import click

from ferkit.cli.parts import options


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("demo"),
    show_default=True,
    help="Folder for faces and run; the run of an earlier demo is replaced.",
)
@options.per_class(type=click.IntRange(2))
@options.seed()
@options.epochs()
def demo(out: Path, per_class: int, seed: int, epochs: int | None) -> None:
    """Draw synthetic faces, train on them, write a report and recognise a photograph.

    Needs no data set and no network, and takes about two minutes on two cores.
    """
    from dataclasses import replace

    from ferkit.cli.parts.demo_photo import recognise_photo
    from ferkit.cli.parts.output import print_headline
    from ferkit.data.load import load_fer2013
    from ferkit.runs.folder import RunFolder
    from ferkit.synthetic.synthesize import synthesize
    from ferkit.training import get_recipe, train_and_evaluate

    start = time.perf_counter()
    faces = out / f"faces-{per_class}-{seed}"
    click.echo(f"Drawing {per_class} faces for each emotion into {faces} ...", err=True)
    synthesize(faces, per_class=per_class, seed=seed)
    config = replace(get_recipe("demo").config, data=str(faces), seed=seed)
    if epochs is not None:
        config = replace(config, epochs=epochs)
    run = out / "run"
    if RunFolder(run).config.exists():
        shutil.rmtree(run)
    result = train_and_evaluate(config, run, data=load_fer2013(faces))
    accuracy = result.metrics["splits"]["test"]["accuracy"]
    click.echo(f"Done in {time.perf_counter() - start:.0f} s, on synthetic faces:")
    print_headline(result.metrics, result.report.resolve())
    click.echo(f"Test accuracy: {accuracy:.2%}")
    recognise_photo(out)
