"""`ferkit camera`."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ferkit.cli.parts import options
from ferkit.cli.parts.interrupt import stop_requests
from ferkit.cli.parts.renaming import renaming
from ferkit.cli.parts.video_summary import print_summary, write_summary
from ferkit.cli.parts.video_targets import check_outputs, check_summary, stem_of
from ferkit.errors import OutputError, UsageError

if TYPE_CHECKING:
    from ferkit.inference.recognizer import EmotionRecognizer
    from ferkit.inference.video.camera import LatestFrames
    from ferkit.inference.video.output import VideoOutput
    from ferkit.inference.video.tracker import TrackingOptions
    from ferkit.inference.video.window import Window


@click.command(cls=renaming({"--record": "--annotate", "--csv": "--out"}))
@click.argument("source", default="0")
@options.model()
@options.detector()
@options.detail()
@options.rows_format()
@options.rows_out()
@options.annotated_video()
@options.summary()
@click.option("--no-window", is_flag=True, help="Show nothing, only write.")
@click.option(
    "--seconds",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="End after so long.",
)
@options.detect_every()
@options.smooth()
@options.threads()
@options.classes()
@options.views()
@options.min_face()
@options.top_k()
@options.overwrite()
def camera(
    source: str,
    model: str,
    detector: str,
    detail: str,
    format_name: str | None,
    out: Path | None,
    annotate: Path | None,
    summary: bool,
    no_window: bool,
    seconds: float | None,
    detect_every: int,
    smooth: float,
    threads: int | None,
    min_face: float,
    top_k: int | None,
    overwrite: bool,
    classes: int | None,
    views: str,
) -> None:
    """Recognise emotions live; q or Ctrl-C ends.

    SOURCE is the number of a camera, 0 by default, or the address of one on the network, which is
    opened again when it breaks off. Nothing is kept but what is asked for.

    \b
    Examples:
      ferkit camera
      ferkit camera 1 --annotate session.mp4 --out session.csv
      ferkit camera --no-window --out session.csv --seconds 60
      ferkit camera rtsp://user:password@10.0.0.7/live --summary
    """  # noqa: D301 (click wants the backspace character itself)
    from ferkit.cli.parts.rows import open_rows
    from ferkit.export.cached import exported_file
    from ferkit.inference.create import create_recognizer
    from ferkit.inference.video.camera import latest_frames
    from ferkit.inference.video.network import shown_address
    from ferkit.inference.video.output import VideoOutput
    from ferkit.inference.video.summary import EmotionSummary
    from ferkit.inference.video.tracker import TrackingOptions
    from ferkit.inference.video.writer import VideoWriter

    with_rows = bool(out or format_name)
    if no_window and not (with_rows or annotate or summary):
        raise UsageError("--no-window leaves nothing to do; add --out, --annotate or --summary.")
    name = f"camera {source}" if source.isdecimal() else shown_address(source)
    stem, folder = stem_of(name.replace(" ", "-")), (out or annotate or Path()).parent
    check_outputs(format_name, out, annotate, overwrite=overwrite)
    if summary:
        check_summary(folder, stem, overwrite=overwrite)
    tracking = TrackingOptions(detect_every, smooth)
    with ExitStack() as stack:
        frames = stack.enter_context(latest_frames(source))
        window = None if no_window else stack.enter_context(closing(_open_window()))
        recognizer = create_recognizer(
            exported_file(model),
            detector,
            detail=detail,
            threads=threads,
            min_face=min_face,
            classes=classes,
            views=views,
            many=False,
        )
        emotions, rows = recognizer.emotions, None
        if with_rows:
            rows = open_rows(
                format_name, out, emotions, top_k=top_k, times=True, overwrite=overwrite
            )
        writer = VideoWriter(annotate, overwrite=overwrite) if annotate else None
        sums = EmotionSummary(emotions) if summary else None
        output = stack.enter_context(closing(VideoOutput(name, rows, writer, sums, top_k=top_k)))
        watch(frames, recognizer, tracking, output, window, seconds)
    files = [path for path in (out, annotate) if path and path.exists()]
    if sums:
        result = sums.to_dict()
        print_summary(result, err=with_rows and out is None)
        files += write_summary(result, folder, stem)
    told = f"; {', '.join(map(str, files))}" if files else ""
    click.echo(f"ferkit: {output.frames:,} frames{told}", err=True)


def _open_window() -> Window:
    from ferkit.inference.video.window import Window

    try:
        return Window()
    except OutputError as error:
        raise OutputError(f"{error} Add --no-window with --out or --annotate.") from error


def watch(
    frames: LatestFrames,
    recognizer: EmotionRecognizer,
    tracking: TrackingOptions,
    output: VideoOutput,
    window: Window | None,
    seconds: float | None = None,
) -> None:
    """Recognise, write and show frames until the window is closed, Ctrl-C, or the time is over."""
    from ferkit.inference.video.recognize import recognize_frames
    from ferkit.inference.video.window import RateMeter, draw_rate

    meter = RateMeter()
    with (
        stop_requests() as stopped,
        closing(recognize_frames(recognizer, frames, tracking, threads=1)) as results,
    ):
        for frame, faces in results:
            picture = output.write(frame, faces, draw=window is not None)
            if window:
                draw_rate(picture, meter.tick(frame.time_s))
                if not window.show(picture):
                    break
            if stopped() or (seconds is not None and frame.time_s >= seconds):
                break
