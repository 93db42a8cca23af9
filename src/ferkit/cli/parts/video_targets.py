"""Where a video or a camera may write, checked before anything is opened."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ferkit.targets import check_apart, check_target, check_text_name


def check_outputs(
    format_name: str | None,
    out: Path | None,
    annotate: Path | None,
    *,
    inputs: Sequence[str] = (),
    overwrite: bool,
) -> None:
    """Check the files for rows and for the annotated video.

    Raises:
        UsageError: One has a name that does not go with what it shall hold, is an input, or is
            named twice.
        ExistingFileError: One exists and ferkit did not write it.
    """
    from ferkit.cli.parts.rows import choose_format
    from ferkit.inference.video.writer import check_video_name

    check_apart(*inputs, out, annotate)
    if annotate:
        check_video_name(annotate)
        check_target(annotate, inputs=inputs, overwrite=overwrite)
    if out:
        check_text_name(out, choose_format(format_name, out, terminal=False))
        check_target(out, inputs=inputs, overwrite=overwrite)


def check_summary(folder: Path, stem: str, *, overwrite: bool) -> None:
    """Check the files of a summary.

    Raises:
        ExistingFileError: One exists and ferkit did not write it.
    """
    for name in (f"{stem}.summary.json", f"{stem}.timeline.png"):
        check_target(folder / name, overwrite=overwrite)


def stem_of(source: str) -> str:
    """Return what files about a source are called: the name of its file, or its address.

    Example:
        >>> stem_of("videos/clip.mp4"), stem_of("rtsp://me:secret@10.0.0.7/live")
        ('clip', 'rtsp-10.0.0.7-live')
    """
    from ferkit.inference.video.network import is_address, shown_address

    if is_address(source):
        return re.sub(r"[^\w.]+", "-", shown_address(source)).strip("-")
    return Path(source).stem
