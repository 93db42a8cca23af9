"""`ferkit camera`."""

from __future__ import annotations

import math
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import click

from ferkit.cli.parts import options
from ferkit.cli.parts.interrupt import stop_requests
from ferkit.cli.parts.recognition import Recognition, recognition
from ferkit.cli.parts.renaming import renaming
from ferkit.cli.parts.video_targets import VideoTargets, stem_of, video_targets
from ferkit.errors import OutputError, UsageError, VideoError

if TYPE_CHECKING:
    from ferkit.inference.recognizer import EmotionRecognizer
    from ferkit.inference.video.camera import LatestFrames
    from ferkit.inference.video.output import VideoOutput
    from ferkit.inference.video.tracker import TrackingOptions
    from ferkit.inference.video.window import Window


@click.command(cls=renaming({"--record": "--annotate", "--csv": "--out"}))
@click.argument("source", default="0")
@recognition()
@options.detect_every()
@options.smooth()
@video_targets()
@click.option("--no-window", is_flag=True, help="Show no window; only write files.")
@click.option(
    "--seconds",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="Stop after this time.",
)
def camera(
    source: str,
    recognition: Recognition,
    detect_every: int,
    smooth: float,
    targets: VideoTargets,
    no_window: bool,
    seconds: float | None,
) -> None:
    """Recognise emotions live from a camera; press q or Ctrl-C to stop.

    SOURCE is the number of a camera, 0 by default, or the address of a network camera, which is
    reopened if the connection breaks. Nothing is stored unless an option asks for it.

    \b
    Examples:
      ferkit camera
      ferkit camera 1 --annotate session.mp4 --out session.csv
      ferkit camera --no-window --out session.csv --seconds 60
      ferkit camera rtsp://user:password@10.0.0.7/live --summary
    """  # noqa: D301 (click wants the backspace character itself)
    from ferkit.inference.video.camera import latest_frames
    from ferkit.inference.video.network import shown_address
    from ferkit.inference.video.output import VideoOutput
    from ferkit.inference.video.summary import EmotionSummary
    from ferkit.inference.video.tracker import TrackingOptions
    from ferkit.inference.video.writer import VideoWriter

    if seconds is not None and not math.isfinite(seconds):
        raise UsageError(
            f"--seconds expects a number of seconds, not {seconds}; omit it for no end."
        )
    annotate, with_rows = targets.annotate, targets.rows_requested
    if no_window and not (with_rows or annotate or targets.summary):
        raise UsageError("--no-window leaves nothing to do; add --out, --annotate or --summary.")
    name = f"camera {source}" if source.isdecimal() else shown_address(source)
    stem = stem_of(name.replace(" ", "-"))
    targets.check(stem)
    tracking = TrackingOptions(detect_every, smooth)
    with ExitStack() as stack:
        frames = stack.enter_context(latest_frames(source))
        window = None if no_window else stack.enter_context(closing(_open_window()))
        recognizer = recognition.create(many=False)
        rows = targets.open_rows(recognizer.emotions) if with_rows else None
        writer = VideoWriter(annotate, overwrite=targets.overwrite) if annotate else None
        sums = EmotionSummary(recognizer.emotions) if targets.summary else None
        output = VideoOutput(name, rows, writer, sums, top_k=targets.top_k)
        stack.enter_context(closing(output))
        problem = None
        try:
            watch(frames, recognizer, tracking, output, window, seconds)
        except VideoError as error:
            problem = error  # raised below, after the results so far are written
    files = targets.finish(sums, stem, err=with_rows and targets.out is None)
    written = f"; {', '.join(map(str, files))}" if files else ""
    click.echo(f"ferkit: {output.frames:,} frames{written}", err=True)
    if problem:
        raise problem


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
