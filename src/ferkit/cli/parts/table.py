"""A table for people: one line per face, printed as soon as it is computed."""

from __future__ import annotations

from typing import Any

import click

from ferkit.colors import EMOTION_COLORS, to_rgb
from ferkit.inference.sinks.sink import ResultSink


class TableSink(ResultSink):
    """Prints lines to standard output, in colour on a terminal.

    Args:
        width: Width of the column of sources; longer ones shift the rest. Defaults to 24.
        top_k: How many emotions per face. Defaults to 1.
        times: Whether to print times of frames instead of sources. Defaults to False.
    """

    def __init__(self, *, width: int = 24, top_k: int = 1, times: bool = False) -> None:
        super().__init__()
        self._times = times
        self._width = max(width, len("source"))
        self._top_k = top_k
        # A name such as surprise, a space and 100 %.
        emotion = "emotion".ljust(15 * top_k - 2)
        self._print("source", f"face  {emotion}  box")

    def write(self, record: dict[str, Any]) -> None:
        """Print one line per face, or the reason why there is none."""
        source = _one_line(record["source"])
        if self._times and record["time_s"] is not None:
            source = f"{record['time_s']:.3f} s"
        if record["error"] is not None:
            self._print(source, click.style(f"error: {_one_line(record['error'])}", fg="red"))
        elif not record["faces"]:
            self._print(source, click.style("no face", dim=True))
        for index, face in enumerate(record["faces"]):
            best = sorted(face["probabilities"].items(), key=lambda item: -item[1])
            emotions = "  ".join(_emotion(*item) for item in best[: self._top_k])
            box = " ".join(f"{value:.0f}" for value in face["box"])
            doubt = "  uncertain" if face["uncertain"] else ""
            self._print(source, f"{index:>4}  {emotions}  {box}{doubt}")

    def close(self) -> None:
        """Do nothing; every line is already printed."""

    def _print(self, source: str, rest: str) -> None:
        click.echo(f"{source.ljust(self._width)}  {rest}")


def _emotion(name: str, probability: float) -> str:
    text = f"{name:<8} {f'{100 * probability:.0f} %':>4}"
    colour = EMOTION_COLORS.get(name)
    if colour is None:
        return text
    return click.style(text, fg=to_rgb(colour))


def _one_line(text: str) -> str:
    """Return text without control characters, which file names may contain and terminals would
    interpret.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
