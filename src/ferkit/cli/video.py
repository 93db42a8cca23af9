"""`ferkit video`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ferkit.cli.interrupt import stop_requests
from ferkit.cli.recognizer import make_recognizer
from ferkit.cli.video_output import (
    VideoOutput,
    check_apart,
    open_rows,
    print_summary,
    write_summary,
)

if TYPE_CHECKING:
    from ferkit.inference.results import FaceEmotions
    from ferkit.inference.video.frame import VideoFrame
    from ferkit.inference.video.reader import VideoReader


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--model", default="small", show_default=True, help="Shipped name, .onnx or run folder."
)
@click.option(
    "--detector",
    type=click.Choice(["auto", "yunet", "mtcnn", "none"]),
    default="auto",
    show_default=True,
    help="What finds the faces; none: the frame is the face.",
)
@click.option(
    "--detail",
    type=click.Choice(["normal", "high"]),
    default="normal",
    show_default=True,
    help="high: search large frames in full, for faces down to 20 pixels.",
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["table", "json", "jsonl", "csv", "parquet"]),
    help="Default: by the name of --out; else table on a terminal, jsonl in a pipe.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File for the rows.")
@click.option(
    "--annotate",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Video with boxes, names and bars, with the sound: .mp4, .m4v, .mov or .mkv.",
)
@click.option(
    "--summary",
    is_flag=True,
    help="Print shares of time; write NAME.summary.json and NAME.timeline.png beside the other output.",
)
@click.option("--every", type=click.IntRange(1), default=1, help="Only every N-th frame.")
@click.option("--fps", type=click.FloatRange(0, min_open=True), help="At most F frames per second.")
@click.option(
    "--detect-every",
    type=click.IntRange(1),
    default=1,
    help="Search every K-th frame; follow faces in between.",
)
@click.option(
    "--smooth",
    type=click.FloatRange(0),
    default=0.3,
    show_default=True,
    help="Seconds over which each face's probabilities are averaged; 0: off.",
)
@click.option("--threads", type=click.IntRange(1), help="Default: all cores, at most 8.")
@click.option(
    "--min-face", type=click.FloatRange(0), default=0, help="Leave out faces of fewer pixels."
)
@click.option("--top-k", type=click.IntRange(1), help="Only the K likeliest emotions of each face.")
def video(
    file: Path,
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
    top_k: int | None,
) -> None:
    """Recognise emotions in a video: a row for every face of every frame, with times and numbers of persons.

    With --annotate or --summary, rows are written only on request: with --out or --format. Ctrl-C ends after the
    frame at hand and leaves whole rows and a video that plays.

    \b
    Examples:
      ferkit video clip.mp4 --out faces.csv
      ferkit video clip.mp4 --annotate annotated.mp4 --summary
      ferkit video lecture.mkv --fps 2 --summary
      ferkit video clip.mp4 --detect-every 3 --out faces.parquet
    """  # noqa: D301 (click wants the backspace character itself)
    from ferkit.inference.video.frame import FrameChoice
    from ferkit.inference.video.reader import VideoReader
    from ferkit.inference.video.recognize import Tracking, recognize_frames
    from ferkit.inference.video.summary import EmotionSummary
    from ferkit.inference.video.writer import VideoWriter, check_video_name

    check_apart(file, out, annotate)
    if annotate:
        check_video_name(annotate)
    FrameChoice(every, fps)
    tracking = Tracking(detect_every, smooth)
    with_rows = bool(out or format_name) or not (annotate or summary)
    with VideoReader(file) as reader:
        recognizer = make_recognizer(model, detector, detail, threads, min_face, many=True)
        rows = open_rows(format_name, out, recognizer.emotions, top_k=top_k) if with_rows else None
        sound = file if reader.has_audio else None
        writer = VideoWriter(annotate, rate=reader.rate, audio_from=sound) if annotate else None
        sums = EmotionSummary(recognizer.emotions) if summary else None
        output = VideoOutput(reader.name, rows, writer, sums, top_k=top_k)
        results = recognize_frames(recognizer, reader.frames(every=every, fps=fps), tracking)
        on_terminal = with_rows and out is None and sys.stdout.isatty()
        whole = _work(reader, results, output, shown=not on_terminal)
    files = [path for path in (out, annotate) if path and path.exists()]
    if sums:
        result = sums.to_dict()
        print_summary(result, err=with_rows and out is None)
        files += write_summary(result, (out or annotate or Path()).parent, file.stem)
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
            _progress(reader.duration_s, shown=shown) as advance,
            closing(results),
        ):
            for frame, faces in results:
                output.write(frame, faces)
                advance(frame.time_s)
                if stopped():
                    break
            else:
                whole = True
        if reader.problem:
            output.fail(reader.problem)
    finally:
        output.close(whole=whole)
    return whole


@contextmanager
def _progress(seconds: float | None, *, shown: bool) -> Iterator[Callable[[float], None]]:
    """Show on standard error how far the video is done, where that is a terminal and the rows do not go there."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not shown or not console.is_terminal:
        yield lambda _: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f} of {task.total:.0f} s" if seconds else ""),
        TimeRemainingColumn(),
    )
    # Standard output is for rows: rich must not send it elsewhere.
    with Progress(*columns, console=console, redirect_stdout=False, transient=True) as bar:
        task = bar.add_task("recognising", total=seconds)
        yield lambda time_s: bar.update(task, completed=time_s)


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
