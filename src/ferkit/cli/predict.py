"""`ferkit predict`."""

from __future__ import annotations

import os
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ferkit.cli.parts import options
from ferkit.cli.parts.recognition import Recognition, recognition
from ferkit.cli.parts.scaled import scaled
from ferkit.counted import counted
from ferkit.errors import DataError, ImageError, UsageError
from ferkit.inference.annotation.copies import annotated_paths, save_annotated
from ferkit.progress import ProgressBar
from ferkit.targets import check_target, check_text_name

if TYPE_CHECKING:
    from ferkit.inference.pictures.sources import Source
    from ferkit.inference.recognizer import EmotionRecognizer
    from ferkit.inference.sinks import ResultSink

# Data sets of faces have images of 48 to 224 pixels.
_SIDE_OF_CROPS = 224


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@recognition()
@options.rows_format()
# A string, since `--on` also takes the address of a folder.
@options.rows_out(type=click.Path(path_type=str))
@options.resume()
@options.overwrite()
@click.option(
    "--annotate",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for pictures with boxes, names and bars.",
)
@click.option("--recursive", "-r", is_flag=True, help="Search subfolders too.")
@options.top_k()
@scaled
def predict(
    paths: tuple[str, ...],
    recognition: Recognition,
    format_name: str | None,
    out: Path | None,
    resume: bool,
    overwrite: bool,
    annotate: Path | None,
    recursive: bool,
    top_k: int | None,
) -> None:
    """Recognise emotions in photos: files, folders, or - for paths on standard input, one per line.

    A .csv with a column pixels, such as the challenge's test.csv, gives one row per face.

    A picture that cannot be read becomes a row with an error; the others are processed, and the
    exit code is 1.

    \b
    Examples:
      ferkit predict photo.jpg
      ferkit predict holiday --recursive --out faces.csv --annotate annotated
      ferkit predict holiday -r --out faces.jsonl --resume
      ferkit predict photo.jpg --format json | jq '.[].faces[].emotion'
      ferkit predict holiday -r --on ray --out rows/
    """  # noqa: D301 (click wants the backspace character itself)
    from ferkit.cli.parts.rows import choose_format, open_rows

    chosen = choose_format(format_name, out, terminal=sys.stdout.isatty())
    if resume and out is None:
        raise UsageError("--resume needs the file to continue with: add --out FILE.")
    sources = _sources(paths, recursive, [annotate] if annotate else [])
    in_tables = [source for source in sources if source.line is not None]
    # Targets are checked before the model is loaded and --out is opened.
    targets = _annotated_copies(annotate, sources, in_tables, overwrite=overwrite)
    if out is not None:
        check_text_name(out, chosen)
        inputs = [source.path for source in sources]
        check_target(out, inputs=inputs, overwrite=overwrite or resume)
    # The faces in a table are already cropped.
    detector = "none" if len(in_tables) == len(sources) else None
    recognizer = recognition.create(many=len(sources) > 1, detector=detector)
    # Pillow's warnings about unusual metadata are no help here; a picture that cannot be read
    # becomes an error row.
    warnings.filterwarnings("ignore", module="PIL")
    sink = open_rows(
        format_name,
        out,
        recognizer.emotions,
        resume=resume,
        width=min(max(len(source.name) for source in sources), 40),
        top_k=top_k,
        settings=recognizer.settings if out else None,
        overwrite=overwrite,
    )
    left = [source for source in sources if source.name not in sink.done.sources]
    before = len(sources) - len(left)
    rows_on_terminal = out is None and sys.stdout.isatty()
    counts = Counter(images=before, errors=sink.done.errors)
    work = _work(recognizer, targets, top_k)
    _recognize(work, left, recognizer.threads, sink, counts, quiet=rows_on_terminal)
    _summarize(counts, before, out)
    if counts["errors"]:
        raise click.exceptions.Exit(1)


def _recognize(
    work: Callable[[Source], dict[str, Any]],
    sources: list[Source],
    threads: int,
    sink: ResultSink,
    counts: Counter[str],
    *,
    quiet: bool,
) -> None:
    """Write the record of every source and count what is in it."""
    from ferkit.inference.parallel import in_order

    quiet = quiet or len(sources) < 2
    with sink, ProgressBar(len(sources), unit="pictures", quiet=quiet) as bar:
        for number, record in enumerate(in_order(work, sources, threads), start=1):
            sink.write(record)
            counts["images"] += 1
            counts["faces"] += len(record["faces"])
            counts["errors"] += record["error"] is not None
            counts["crops"] += _looks_cropped(record)
            bar.move(number)


def _annotated_copies(
    folder: Path | None, sources: list[Source], in_tables: list[Source], *, overwrite: bool
) -> dict[Path, Path]:
    """Return the annotated copy of each picture by its path.

    Raises:
        UsageError: A source is a table.
        ExistingFileError: A copy exists and ferkit did not write it.
    """
    if folder is None:
        return {}
    if in_tables:
        raise UsageError(
            f"--annotate draws into pictures, but {in_tables[0].path} is a table; omit one of them."
        )
    return annotated_paths(folder, sources, overwrite=overwrite)


def _sources(paths: tuple[str, ...], recursive: bool, but: list[Path]) -> list[Source]:
    """Return all pictures that the paths name.

    Raises:
        UsageError: A path is empty, as from a shell variable that is not set.
        DataError: There is none.
    """
    from ferkit.inference.pictures.sources import find_sources

    if "" in paths:
        # As a path it would be the current folder, all of which nobody asked for.
        raise UsageError("A path is empty; name a file or a folder, or . for the current one.")
    named = [path for text in paths for path in (_from_stdin() if text == "-" else [text])]
    sources = list(find_sources(named, recursive=recursive, but=but))
    if not sources:
        hint = "" if recursive else " Add --recursive to search subfolders."
        raise DataError(f"There is no picture in {', '.join(named) or 'standard input'}.{hint}")
    return sources


def _from_stdin() -> list[str]:
    lines = sys.stdin.buffer.read().splitlines()
    return [os.fsdecode(line) for line in lines if line]


def _work(
    recognizer: EmotionRecognizer, targets: dict[Path, Path], top_k: int | None
) -> Callable[[Source], dict[str, Any]]:
    """Return a function that makes the record of a source and draws its picture if requested."""
    from ferkit.inference.records import make_record

    def work(source: Source) -> dict[str, Any]:
        if source.problem:
            return make_record(source.name, ImageError(source.problem))
        if source.face is not None:
            faces = recognizer.classify_crops([source.face])
            return make_record(source.name, faces, top_k=top_k)
        try:
            picture = recognizer.read(source.path)
        except ImageError as error:
            return make_record(source.name, error)
        faces = recognizer.recognize(picture)
        if source.path in targets:
            save_annotated(targets[source.path], picture.pixels, faces)
        return make_record(source.name, faces, top_k=top_k)

    return work


def _looks_cropped(record: dict[str, Any]) -> bool:
    """Return whether the picture may be a face that is already cropped."""
    if record["faces"] or record["image_size"] is None:
        return False
    width, height = record["image_size"]
    return bool(width == height <= _SIDE_OF_CROPS)


def _summarize(counts: Counter[str], before: int, out: Path | None) -> None:
    """Print a summary on standard error."""
    if counts["images"] < 2 and out is None:
        return
    parts = [counted(counts["images"], "image"), counted(counts["faces"], "face")]
    if before:
        parts[0] += f" ({before:,} of them done before)"
        parts[1] += " in the others"
    parts.append(counted(counts["errors"], "error"))
    click.echo(f"ferkit: {', '.join(parts)}" + (f"; rows in {out}" if out else ""), err=True)
    if counts["crops"] > max(2, (counts["images"] - before) // 2):
        click.echo(
            "ferkit: most of these pictures are small and square and no face was found in them; "
            "if they are faces that are already cropped, add --detector none.",
            err=True,
        )
