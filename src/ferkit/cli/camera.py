"""`ferkit camera`."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ferkit.cli.parts import options
from ferkit.cli.parts.interrupt import stop_requests
from ferkit.errors import UsageError

if TYPE_CHECKING:
    from ferkit.inference.recognizer import EmotionRecognizer
    from ferkit.inference.video.camera import LatestFrames
    from ferkit.inference.video.output import VideoOutput
    from ferkit.inference.video.tracker import TrackingOptions
    from ferkit.inference.video.window import Window


@click.command()
@click.argument("index", type=click.IntRange(0), default=0)
@options.model()
@options.detector()
@click.option(
    "--record",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Video of what the window shows: .mp4, .m4v, .mov or .mkv.",
)
@click.option(
    "--csv",
    "csv_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File for a row per face and frame.",
)
@click.option("--no-window", is_flag=True, help="Show nothing, only --record and --csv.")
@click.option(
    "--seconds",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="End after so long.",
)
@options.detect_every()
@options.smooth()
@options.min_face()
def camera(
    index: int,
    model: str,
    detector: str,
    record: Path | None,
    csv_file: Path | None,
    no_window: bool,
    seconds: float | None,
    detect_every: int,
    smooth: float,
    min_face: float,
) -> None:
    """Recognise emotions live in the pictures of camera INDEX, 0 by default; q or Ctrl-C ends.

    Nothing is kept but what --record and --csv ask for.

    \b
    Examples:
      ferkit camera
      ferkit camera 1 --record session.mp4 --csv session.csv
      ferkit camera --no-window --csv session.csv --seconds 60
    """  # noqa: D301 (click wants the backspace character itself)
    from ferkit.export.cached import exported_file
    from ferkit.inference.create import create_recognizer
    from ferkit.inference.sinks import open_sink
    from ferkit.inference.video.camera import LatestFrames, open_camera
    from ferkit.inference.video.output import VideoOutput, check_apart
    from ferkit.inference.video.tracker import TrackingOptions
    from ferkit.inference.video.window import Window
    from ferkit.inference.video.writer import VideoWriter

    check_apart(record, csv_file)
    if no_window and not (record or csv_file):
        raise UsageError("--no-window leaves nothing to do; add --record FILE or --csv FILE.")
    tracking = TrackingOptions(detect_every, smooth)
    capture = open_camera(index)
    with ExitStack() as stack:
        frames = stack.enter_context(LatestFrames(capture))
        window = None if no_window else stack.enter_context(closing(Window()))
        recognizer = create_recognizer(
            exported_file(model), detector, min_face=min_face, many=False
        )
        writer = VideoWriter(record) if record else None
        rows = open_sink(csv_file, recognizer.emotions, format_name="csv") if csv_file else None
        output = stack.enter_context(closing(VideoOutput(f"camera {index}", rows, writer)))
        watch(frames, recognizer, tracking, output, window, seconds)
    files = ", ".join(str(path) for path in (record, csv_file) if path and path.exists())
    click.echo(f"ferkit: {output.frames:,} frames" + (f"; {files}" if files else ""), err=True)


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
