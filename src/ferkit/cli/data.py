"""`ferkit data`: download, check, draw and preview data sets."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import click

from ferkit.cli.parts import options


@click.group()
def data() -> None:
    """Download, check, draw and preview data sets."""


@data.command()
@click.option(
    "--to", type=click.Path(path_type=Path), show_default="ferkit's cache", help="Folder to create."
)
def download(to: Path | None) -> None:
    """Download FER-2013 from Kaggle and check that it is complete.

    An interrupted download continues. No login is needed; credentials (kaggle.json, KAGGLE_USERNAME
    and KAGGLE_KEY, KAGGLE_API_TOKEN) are used if present. Prints the path of the folder.

    \b
    Examples:
      ferkit data download
      ferkit data download --to data/fer2013
    """  # noqa: D301 (click wants the backspace character itself)
    from ferkit.data.download import download_fer2013

    click.echo(download_fer2013(to))


@data.command(short_help="Count what is in a data set and compare it with FER-2013.")
@click.argument("path", default="auto")
@options.labels()
@options.ferplus()
@options.as_json()
@options.figure()
@options.overwrite(expose_value=False)
@options.seed()
@options.skip_bad()
@click.option(
    "--skipped",
    type=click.Path(path_type=Path),
    default=Path("skipped.csv"),
    show_default=True,
    help="File in which --skip-bad lists the items that it left out.",
)
@options.convert()
def info(
    path: str,
    labels: str,
    ferplus: str | None,
    as_json: bool,
    figure: Path | None,
    seed: int,
    skip_bad: bool,
    skipped: Path,
    convert: bool,
) -> None:
    """Count the images in PATH and compare the counts with the official FER-2013.

    PATH is a folder or zip in Kaggle's layout, a table (.csv, .gz, .xz, .zip), or 'auto' (the
    default): FERKIT_DATA, the downloaded copy, or a download.

    \b
    Examples:
      ferkit data info fer2013.csv
      ferkit data info archive.zip --figure samples.png
      ferkit data info my-faces --skip-bad --convert --json
      ferkit data info fer2013.csv --labels ferplus-majority --ferplus fer2013new.csv
    """  # noqa: D301 (click wants the backspace character itself)
    from ferkit.data.bad_items import write_skipped
    from ferkit.data.info import summarize
    from ferkit.data.load import load_fer2013

    with _status("Reading images ..."):
        dataset = load_fer2013(
            path, skip_bad=skip_bad, convert=convert, seed=seed, labels=labels, ferplus=ferplus
        )
        summary = summarize(dataset)
    if dataset.skipped:
        write_skipped(skipped, dataset.skipped)
        click.echo(f"Left out {len(dataset.skipped):,} items, listed in {skipped}", err=True)
    if as_json:
        click.echo(json.dumps(summary, indent=2))
    else:
        from ferkit.cli.parts.data_table import print_summary

        print_summary(summary)
    if figure:
        from ferkit.displays.emotion_grid import EmotionGridDisplay

        title = f"{Path(dataset.origin).name}: images drawn at random"
        EmotionGridDisplay.from_dataset(dataset, seed=seed, title=title).save(figure)
        click.echo(f"Samples: {figure}", err=True)


@data.command()
@click.argument("directory", type=click.Path(path_type=Path))
@options.per_class()
@options.seed()
def synthesize(directory: Path, per_class: int, seed: int) -> None:
    """Draw synthetic faces into DIRECTORY, in the layout of FER-2013.

    The same seed gives the same files. Synthetic faces are for trying out ferkit; results on them
    say nothing about real faces.

    \b
    Example:
      ferkit data synthesize faces --per-class 250 --seed 0
    """  # noqa: D301 (click wants the backspace character itself)
    from ferkit.synthetic.synthesize import synthesize as draw

    click.echo(draw(directory, per_class=per_class, seed=seed))


@data.command()
@click.option(
    "--augment",
    "name",
    required=True,
    # Written out, because importing the list would load NumPy and slow down every help page.
    help="none, flip, flip-zoom, light, affine, affine-patch, affine-camera, affine-coarse or "
    "full.",
)
@options.figure(required=True)
@options.overwrite(expose_value=False)
@options.data()
@options.seed()
@options.skip_bad()
@options.convert()
def preview(name: str, figure: Path, data: str, seed: int, skip_bad: bool, convert: bool) -> None:
    """Draw training images before and after an augmentation.

    \b
    Example:
      ferkit data preview --augment full --figure full.png --data fer2013.csv
    """  # noqa: D301 (click wants the backspace character itself)
    from ferkit.data.load import load_fer2013
    from ferkit.displays.augmentation_grid import AugmentationGridDisplay
    from ferkit.training.augmentation.copies import augmented_copies

    with _status("Reading images ..."):
        dataset = load_fer2013(data, seed=seed, skip_bad=skip_bad, convert=convert)
        train = dataset.split("train")
    with _status("Augmenting ..."):
        chosen = train.one_of_each(seed)
        copies = augmented_copies(train.images[chosen], name, seed=seed)
    names = [train.emotions[label] for label in train.labels[chosen]]
    AugmentationGridDisplay.from_copies(train.images[chosen], copies, names, name).save(figure)
    click.echo(figure)


def _status(text: str) -> AbstractContextManager[Any]:
    """Show `text` on standard error, if it is a terminal, during the block."""
    from rich.console import Console

    return Console(stderr=True).status(text)
