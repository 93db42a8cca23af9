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
from ferkit.cli.parts.recognition import Recognition, recognition
from ferkit.cli.parts.video_targets import VideoTargets, stem_of, video_targets
from ferkit.counted import counted
from ferkit.progress import ProgressBar

if TYPE_CHECKING:
    from ferkit.inference.results import FaceEmotions
    from ferkit.inference.video.frame import VideoFrame
    from ferkit.inference.video.output import VideoOutput
    from ferkit.inference.video.reader import VideoReader


@click.command()
@click.argument("file", type=click.Path())
@recognition(views="one")
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
@video_targets()
def video(
    file: str,
    recognition: Recognition,
    every: int,
    fps: float | None,
    detect_every: int,
    smooth: float,
    targets: VideoTargets,
) -> None:
    """Recognise emotions in a video, given as FILE or address: one row per face and frame, with
    times and track numbers.

    With --annotate or --summary, rows are written only if --out or --format is given. Ctrl-C stops
    after the current frame and leaves complete rows and a playable video.

    \b
    Examples:
      ferkit video clip.mp4 --out faces.csv
      ferkit video clip.mp4 --annotate annotated.mp4 --summary
      ferkit video lecture.mkv --fps 2 --summary
      ferkit video clip.mp4 --detect-every 3 --out faces.parquet
      ferkit video https://example.org/clip.mp4 --out faces.csv
    """  # noqa: D301 (click wants the backspace character itself)
    from ferkit.inference.video.frame import FrameChoice
    from ferkit.inference.video.libraries import begin_loading_tracker
    from ferkit.inference.video.output import VideoOutput
    from ferkit.inference.video.reader import VideoReader
    from ferkit.inference.video.recognize import recognize_frames
    from ferkit.inference.video.summary import EmotionSummary
    from ferkit.inference.video.tracker import TrackingOptions
    from ferkit.inference.video.writer import VideoWriter

    stem, annotate = stem_of(file), targets.annotate
    targets.check(stem, inputs=[file])
    FrameChoice(every, fps)
    tracking = TrackingOptions(detect_every, smooth)
    with_rows = targets.rows_requested or not (annotate or targets.summary)
    with VideoReader(file) as reader:
        begin_loading_tracker()
        recognizer = recognition.create(many=True)
        rows = targets.open_rows(recognizer.emotions) if with_rows else None
        writer = None
        if annotate:
            # What an address or a pipe has given is not there a second time.
            sound = file if reader.has_audio and Path(file).is_file() else None
            writer = VideoWriter(
                annotate, rate=reader.rate, audio_from=sound, overwrite=targets.overwrite
            )
        sums = EmotionSummary(recognizer.emotions) if targets.summary else None
        output = VideoOutput(reader.name, rows, writer, sums, top_k=targets.top_k)
        results = recognize_frames(recognizer, reader.frames(every=every, fps=fps), tracking)
        rows_on_standard_output = with_rows and targets.out is None
        shown = not (rows_on_standard_output and sys.stdout.isatty())
        whole = _work(reader, results, output, shown=shown)
    files = targets.finish(sums, stem, err=rows_on_standard_output)
    _report(output, files, whole=whole, problem=reader.problem)


def _work(
    reader: VideoReader,
    results: Generator[tuple[VideoFrame, FaceEmotions], None, None],
    output: VideoOutput,
    *,
    shown: bool,
) -> bool:
    """Process all frames; return whether the end was reached without an interruption."""
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


def _report(output: VideoOutput, files: list[Path], *, whole: bool, problem: str | None) -> None:
    """Print on standard error what was done, and exit with the matching code."""
    persons = counted(len(output.persons), "person")
    parts = f"{counted(output.frames, 'frame')}, {counted(output.faces, 'face')}, {persons}"
    into = f"; {', '.join(map(str, files))}" if files else ""
    click.echo(f"ferkit: {parts}{into}", err=True)
    if problem:
        kept = " Everything before it is in the output." if output.frames else ""
        click.echo(f"Error: {problem}{kept}", err=True)
        raise click.exceptions.Exit(1)
    if not whole:
        click.echo("Interrupted; the output up to this point is complete.", err=True)
        raise click.exceptions.Exit(130)
