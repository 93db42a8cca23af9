"""`ferkit video`."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ferkit.cli.parts import options
from ferkit.cli.parts.interrupt import stop_requests
from ferkit.cli.parts.video_summary import print_summary, write_summary
from ferkit.cli.parts.video_targets import check_outputs, check_summary, stem_of
from ferkit.progress import ProgressBar

if TYPE_CHECKING:
    from ferkit.inference.results import FaceEmotions
    from ferkit.inference.video.frame import VideoFrame
    from ferkit.inference.video.output import VideoOutput
    from ferkit.inference.video.reader import VideoReader


@click.command()
@click.argument("file", type=click.Path())
@options.model()
@options.detector()
@options.detail()
@options.rows_format()
@options.rows_out()
@options.annotated_video()
@options.summary()
@click.option(
    "--every",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="Only every N-th frame.",
)
@click.option(
    "--fps",
    type=click.FloatRange(0, min_open=True),
    metavar="F",
    help="At most F frames per second.",
)
@options.detect_every()
@options.smooth()
@options.threads()
@options.classes()
@options.views(default="one")
@options.min_face()
@options.top_k()
@options.overwrite()
def video(
    file: str,
    model: str,
    detector: str,
    detail: str,
    format_name: str | None,
    out: Path | None,
    annotate: Path | None,
    summary: bool,
    every: int,
    fps: float | None,
    detect_every: int,
    smooth: float,
    threads: int | None,
    min_face: float,
    classes: int | None,
    views: str,
    top_k: int | None,
    overwrite: bool,
) -> None:
    """Recognise emotions in a video, FILE or address: a row for every face of every frame, with
    times and numbers of persons.

    With --annotate or --summary, rows are written only on request: with --out or --format. Ctrl-C
    ends after the frame at hand and leaves whole rows and a video that plays.

    \b
    Examples:
      ferkit video clip.mp4 --out faces.csv
      ferkit video clip.mp4 --annotate annotated.mp4 --summary
      ferkit video lecture.mkv --fps 2 --summary
      ferkit video clip.mp4 --detect-every 3 --out faces.parquet
      ferkit video https://example.org/clip.mp4 --out faces.csv
    """  # noqa: D301 (click wants the backspace character itself)
    from ferkit.cli.parts.rows import open_rows
    from ferkit.export.cached import exported_file
    from ferkit.inference.create import create_recognizer
    from ferkit.inference.video.frame import FrameChoice
    from ferkit.inference.video.network import is_address
    from ferkit.inference.video.output import VideoOutput
    from ferkit.inference.video.reader import VideoReader
    from ferkit.inference.video.recognize import recognize_frames
    from ferkit.inference.video.summary import EmotionSummary
    from ferkit.inference.video.tracker import TrackingOptions
    from ferkit.inference.video.writer import VideoWriter

    stem, folder = stem_of(file), (out or annotate or Path()).parent
    check_outputs(format_name, out, annotate, inputs=[file], overwrite=overwrite)
    if summary:
        check_summary(folder, stem, overwrite=overwrite)
    FrameChoice(every, fps)
    tracking = TrackingOptions(detect_every, smooth)
    with_rows = bool(out or format_name) or not (annotate or summary)
    with VideoReader(file) as reader:
        recognizer = create_recognizer(
            exported_file(model),
            detector,
            detail=detail,
            threads=threads,
            min_face=min_face,
            classes=classes,
            views=views,
        )
        emotions = recognizer.emotions
        rows = None
        if with_rows:
            rows = open_rows(
                format_name, out, emotions, top_k=top_k, times=True, overwrite=overwrite
            )
        writer = None
        if annotate:
            sound = file if reader.has_audio and not is_address(file) else None
            writer = VideoWriter(annotate, rate=reader.rate, audio_from=sound, overwrite=overwrite)
        sums = EmotionSummary(emotions) if summary else None
        output = VideoOutput(reader.name, rows, writer, sums, top_k=top_k)
        results = recognize_frames(recognizer, reader.frames(every=every, fps=fps), tracking)
        on_terminal = with_rows and out is None and sys.stdout.isatty()
        whole = _work(reader, results, output, shown=not on_terminal)
    files = [path for path in (out, annotate) if path and path.exists()]
    if sums:
        result = sums.to_dict()
        print_summary(result, err=with_rows and out is None)
        files += write_summary(result, folder, stem)
    _tell(output, files, whole=whole, problem=reader.problem)


def _work(
    reader: VideoReader,
    results: Generator[tuple[VideoFrame, FaceEmotions], None, None],
    output: VideoOutput,
    *,
    shown: bool,
) -> bool:
    """Take frame after frame; return whether it came to the end, rather than being interrupted."""
    whole = False
    try:
        with (
            stop_requests() as stopped,
            ProgressBar(reader.duration_s, unit="s", quiet=not shown) as bar,
            closing(results),
        ):
            for frame, faces in results:
                output.write(frame, faces)
                bar.move(frame.time_s)
                if stopped():
                    break
            else:
                whole = True
        if reader.problem:
            output.fail(reader.problem)
    finally:
        output.close(whole=whole)
    return whole


def _tell(output: VideoOutput, files: list[Path], *, whole: bool, problem: str | None) -> None:
    """Say on standard error what was done, and leave with the exit code for it."""
    persons = f"{len(output.persons):,} person{'s' * (len(output.persons) != 1)}"
    parts = f"{output.frames:,} frames, {output.faces:,} faces, {persons}"
    into = f"; {', '.join(map(str, files))}" if files else ""
    click.echo(f"ferkit: {parts}{into}", err=True)
    if problem:
        click.echo(f"Error: {problem} What came before is in the output.", err=True)
        raise click.exceptions.Exit(1)
    if not whole:
        click.echo("Interrupted; what was done until then is whole.", err=True)
        raise click.exceptions.Exit(130)
