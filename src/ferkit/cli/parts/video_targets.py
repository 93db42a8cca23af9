"""Output of `ferkit video` and `ferkit camera`: their shared options, checks and files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ferkit.cli.parts import options
from ferkit.cli.parts.options import Decorator
from ferkit.targets import check_apart, check_target, check_text_name

if TYPE_CHECKING:
    from ferkit.inference.sinks import ResultSink
    from ferkit.inference.video.summary import EmotionSummary


@dataclass(frozen=True)
class VideoTargets:
    """The options of the output; one field per option."""

    format_name: str | None
    out: Path | None
    annotate: Path | None
    summary: bool
    top_k: int | None
    overwrite: bool

    def check(self, stem: str, inputs: Sequence[str] = ()) -> None:
        """Check every file before anything is opened.

        Args:
            stem: The first part of the summary's file names.
            inputs: Files that are read. Defaults to none.

        Raises:
            UsageError: A file's name does not match its content, is an input, or is given twice.
            ExistingFileError: A file exists and ferkit did not write it.
        """
        from ferkit.cli.parts.rows import choose_format
        from ferkit.inference.video.writer import check_video_name

        summary = self._summary_files(stem) if self.summary else ()
        check_apart(*inputs, self.out, self.annotate, *summary)
        if self.annotate:
            check_video_name(self.annotate)
            check_target(self.annotate, inputs=inputs, overwrite=self.overwrite)
        if self.out:
            check_text_name(self.out, choose_format(self.format_name, self.out, terminal=False))
            check_target(self.out, inputs=inputs, overwrite=self.overwrite)
        for path in summary:
            check_target(path, overwrite=self.overwrite)

    @property
    def folder(self) -> Path:
        """Folder of the summary: that of the other output."""
        return (self.out or self.annotate or Path()).parent

    @property
    def rows_requested(self) -> bool:
        """Whether `--out` or `--format` was given."""
        return bool(self.out or self.format_name)

    def open_rows(self, emotions: Sequence[str]) -> ResultSink:
        """Open the output for the rows.

        Args:
            emotions: Names of the model's classes.
        """
        from ferkit.cli.parts.rows import open_rows

        return open_rows(
            self.format_name,
            self.out,
            emotions,
            top_k=self.top_k,
            times=True,
            overwrite=self.overwrite,
        )

    def finish(self, sums: EmotionSummary | None, stem: str, *, err: bool) -> list[Path]:
        """Print and write the summary, if there is one; return every file that was written.

        Args:
            sums: The summary, or None.
            stem: The first part of its file names.
            err: Whether to print on standard error, because rows are on standard output.
        """
        from ferkit.cli.parts.video_summary import print_summary, write_summary

        files = [path for path in (self.out, self.annotate) if path and path.exists()]
        if sums:
            result = sums.to_dict()
            print_summary(result, err=err)
            files += write_summary(result, *self._summary_files(stem))
        return files

    def _summary_files(self, stem: str) -> tuple[Path, Path]:
        return self.folder / f"{stem}.summary.json", self.folder / f"{stem}.timeline.png"


def video_targets() -> Decorator:
    """Return a decorator that gives a command these options; it takes them as one argument,
    `targets`.
    """
    return options.bundled(
        "targets",
        VideoTargets,
        options.rows_format(),
        options.rows_out(),
        options.annotated_video(),
        options.summary(),
        options.top_k(),
        options.overwrite(),
    )


def stem_of(source: str) -> str:
    """Return the first part of the names of files about a source, from its file name or address.

    Example:
        >>> stem_of("videos/clip.mp4"), stem_of("rtsp://me:secret@10.0.0.7/live")
        ('clip', 'rtsp-10.0.0.7-live')
    """
    from ferkit.inference.video.network import is_address, shown_address

    if is_address(source):
        return re.sub(r"[^\w.]+", "-", shown_address(source)).strip("-")
    return Path(source).stem
