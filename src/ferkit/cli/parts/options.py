"""Options shared by several commands, with the same help, type and default everywhere.

Each is used as a decorator, `@options.data()`, and accepts what must differ in a command,
`@options.data(required=True)`; `tests/cli/parts/test_options.py` lists these differences with their
reasons.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from ferkit.cli.parts.detector_name import DetectorName
from ferkit.cli.parts.picture_path import OVERWRITE, PicturePath
from ferkit.formats import ROW_SINKS
from ferkit.weights import DEFAULT_MODEL

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

# Left open: the recipe or `--set` decides.
FROM_RECIPE: dict[str, Any] = {"default": None, "show_default": "the recipe's"}

# Left open: the run records how it read its data.
AS_RUN: dict[str, Any] = {"default": None, "show_default": "the run's, else fer2013"}


def note_overwrite(context: click.Context, _: click.Parameter, value: bool) -> bool:
    """Keep `--overwrite` for `PicturePath`, which sees no other option."""
    context.meta[OVERWRITE] = value
    return value


def shared(*names: str, **standard: Any) -> Callable[..., Decorator]:
    """Return a function that creates the option with `standard`, updated by its own arguments."""

    def with_changes(**changes: Any) -> Decorator:
        return click.option(*names, **(standard | changes))

    return with_changes


def bundled(argument: str, kind: type, *shown: Decorator) -> Decorator:
    """Return a decorator that gives a command several options as one argument.

    Args:
        argument: The name of that argument.
        kind: A dataclass with one field for each option.
        shown: The options, in the order of the help text.
    """
    names = [field.name for field in fields(kind)]

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def run(**given: Any) -> Any:
            value = kind(**{name: given.pop(name) for name in names})
            return command(**{argument: value}, **given)

        decorated: Callable[..., Any] = run
        for option in reversed(shown):
            decorated = option(decorated)
        return decorated

    return decorate


# --- data ---------------------------------------------------------------------------------------

data = shared(
    "--data",
    default="auto",
    show_default=True,
    help="Folder, zip or table of images; auto: FERKIT_DATA, the downloaded copy, or a download.",
)
labels = shared(
    "--labels",
    # LABELS of ferkit.data.ferplus_labels, without its imports.
    type=click.Choice(["fer2013", "ferplus-majority", "ferplus-votes"]),
    default="fer2013",
    show_default=True,
    help="FER-2013's own labels, or FER+'s (needs --ferplus).",
)
ferplus = shared(
    "--ferplus", type=click.Path(), help="fer2013new.csv of FER+: ten people's votes on each image."
)
draw_test = shared(
    "--draw-test",
    is_flag=True,
    help="Set a tenth of train aside as test if the data has no test split.",
)
skip_bad = shared("--skip-bad", is_flag=True, help="Leave unusable images out instead of stopping.")
convert = shared(
    "--convert",
    is_flag=True,
    help="Convert colour images and other sizes instead of stopping.",
)

# --- training -----------------------------------------------------------------------------------

run_out = shared(
    "--out", type=click.Path(path_type=Path), required=True, help="Run folder to create."
)
epochs = shared(
    "--epochs", type=click.IntRange(1), help="Passes over the training split.", **FROM_RECIPE
)
batch_size = shared("--batch-size", type=click.IntRange(1), help="Images per batch.", **FROM_RECIPE)
seed = shared(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Random seed; the same seed gives the same result.",
)
recipe_file = shared(
    "--recipe-file",
    type=click.Path(path_type=Path),
    metavar="JSON",
    help="File with settings, instead of RECIPE: best.json of ferkit tune or config.json of a run.",
)
settings = shared(
    "--set",
    "settings",
    multiple=True,
    metavar="FIELD=VALUE",
    help="Any field of TrainConfig; repeatable.",
)
per_class = shared(
    "--per-class",
    type=click.IntRange(1),
    default=250,
    show_default=True,
    help="Faces to draw for each emotion.",
)

# --- models of other programs -------------------------------------------------------------------

class_names = shared(
    "--class-names",
    metavar="A,B,...",
    callback=lambda _ctx, _param, value: tuple(value.split(",")) if value else None,
    help="Classes of a model from another program, in the order of its outputs.",
)
pixels = shared(
    "--pixels",
    type=click.Choice(["0-255", "0-1", "-1-1"]),
    show_default="0-255",
    help="Range of the pixels that such a model takes.",
)

# --- recognition --------------------------------------------------------------------------------

model = shared(
    "--model",
    default=DEFAULT_MODEL,
    show_default=True,
    help="Shipped name, run folder, .keras or .onnx file.",
)
detector = shared(
    "--detector",
    type=DetectorName(),
    default="auto",
    show_default=True,
    help="Face detector; none: the whole picture is one face.",
)
classes = shared(
    "--classes",
    type=click.IntRange(2),
    metavar="N",
    show_default="7",
    help="8: include contempt, with a model that knows it.",
)
views = shared(
    "--views",
    # VIEWS of ferkit.inference.classifier, without its imports.
    type=click.Choice(["one", "flip"]),
    default="flip",
    show_default=True,
    help="flip: average over a face and its mirror image.",
)
detail = shared(
    "--detail",
    type=click.Choice(["normal", "high"]),
    default="normal",
    show_default=True,
    help="high: search large pictures at full size, for faces down to 20 pixels.",
)
min_face = shared(
    "--min-face",
    type=click.FloatRange(0),
    default=0,
    show_default=True,
    metavar="PIXELS",
    help="Leave out faces whose longer side is smaller than this.",
)
detect_every = shared(
    "--detect-every",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="K",
    help="Detect faces in every K-th frame and track them in between.",
)
smooth = shared(
    "--smooth",
    type=click.FloatRange(0),
    default=0.3,
    show_default=True,
    metavar="SECONDS",
    help="Time constant of the average of each face's probabilities; 0: off.",
)
threads = shared(
    "--threads",
    type=click.IntRange(1),
    show_default="all cores, at most 8",
    help="Number of threads.",
)

# --- output -------------------------------------------------------------------------------------

rows_out = shared(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="File for the rows."
)
rows_format = shared(
    "--format",
    "format_name",
    type=click.Choice(["table", *ROW_SINKS]),
    show_default="by the suffix of --out; else table on a terminal, jsonl in a pipe",
    help="Format of the rows.",
)
annotated_video = shared(
    "--annotate",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Video with boxes, names and bars: .mp4, .m4v, .mov or .mkv.",
)
summary = shared(
    "--summary",
    is_flag=True,
    help="Print the share of time of each emotion; write NAME.summary.json and NAME.timeline.png "
    "next to the other output.",
)
top_k = shared(
    "--top-k",
    type=click.IntRange(1),
    metavar="K",
    help="Only the K most likely emotions of each face.",
)
figure = shared("--figure", type=PicturePath(), help="Picture to draw: .png, .svg or .pdf.")
resume = shared("--resume", is_flag=True, help="Continue an interrupted --out.")
overwrite = shared(
    "--overwrite",
    is_flag=True,
    is_eager=True,  # needed when names of pictures are checked
    callback=note_overwrite,
    help="Also replace files that ferkit did not write.",
)
quiet = shared("--quiet", is_flag=True, help="Show no progress bar.")
as_json = shared("--json", "as_json", is_flag=True, help="Print JSON.")
