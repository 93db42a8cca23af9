"""`EmotionTimelineDisplay`: the emotions of the people in a video over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ferkit.colors import PAPER, emotion_colors
from ferkit.displays.base import Display
from ferkit.displays.style import MUTED, house_style, new_figure
from ferkit.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PANEL: Final = 1.25  # inches
_AROUND: Final = 1.15


class EmotionTimelineDisplay(Display):
    """The probabilities of all emotions over the time of a video, one panel per person.

    Args:
        timeline: `timeline` of `EmotionSummary.to_dict()`: `step_s`, and `persons` with `track_id`,
            `first_step` and `probabilities`.
        emotions: Names of the classes.
        duration_s: Length of the video in seconds. Defaults to None: to the last step.

    Attributes:
        persons: Track ids of the persons, in descending order of the time they were seen.
        step_s: Seconds per step.

    Raises:
        UsageError: A row has another number of probabilities than there are emotions.

    Example:
        >>> timeline = {
        ...     "step_s": 0.5,
        ...     "persons": [{"track_id": 1, "first_step": 2, "probabilities": [[0.9, 0.1], None]}],
        ... }
        >>> display = EmotionTimelineDisplay(timeline, emotions=("happy", "sad"))
        >>> times, probabilities = display.series(1)
        >>> times.tolist(), probabilities.tolist()
        ([1.0, 1.5], [[0.9, 0.1], [nan, nan]])
    """

    def __init__(
        self, timeline: Mapping[str, Any], emotions: Any, duration_s: float | None = None
    ) -> None:
        self.emotions = tuple(emotions)
        self.step_s = float(timeline["step_s"])
        self._series: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        missing = [float("nan")] * len(self.emotions)
        for person in timeline["persons"]:
            rows = [missing if row is None else row for row in person["probabilities"]]
            if any(len(row) != len(self.emotions) for row in rows):
                raise UsageError(f"A timeline needs {len(self.emotions)} probabilities per step.")
            steps = np.arange(len(rows)) + person["first_step"]
            values = np.array(rows, float).reshape(-1, len(self.emotions))
            self._series[int(person["track_id"])] = (steps * self.step_s, values)
        self.persons = tuple(self._series)
        ends = [times[-1] + self.step_s for times, _ in self._series.values() if len(times)]
        self.duration_s = max(ends, default=self.step_s) if duration_s is None else duration_s

    @classmethod
    def from_summary(cls, summary: Mapping[str, Any]) -> EmotionTimelineDisplay:
        """Return the display of a summary from `EmotionSummary.to_dict()`, or from the JSON file of
        `ferkit video --summary`.
        """
        return cls(summary["timeline"], summary["emotions"], summary["duration_s"])

    def series(self, track_id: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the start of each step of a person in seconds, and its probabilities `(steps, c)`.

        Raises:
            KeyError: There is no such person.
        """
        return self._series[track_id]

    def plot(self, ax: Any = None, *, most: int = 8) -> EmotionTimelineDisplay:
        """Draw the panels.

        Args:
            ax: Axes to draw on, one per person. Defaults to None: a new figure.
            most: Largest number of persons to draw, those seen longest first. Defaults to 8.

        Returns:
            The display, with `ax_` (an array of axes) and `figure_`.

        Raises:
            UsageError: There are fewer axes than persons.
        """
        drawn = self.persons[: max(1, most)]
        with house_style():
            if ax is None:
                rows = max(1, len(drawn))
                figure = new_figure(9.0, _AROUND + _PANEL * rows)
                axes = figure.subplots(rows, 1, sharex=True, squeeze=False).ravel()
            else:
                axes = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
            if len(axes) < len(drawn):
                raise UsageError(f"{len(drawn)} persons need as many axes, got {len(axes)}.")
            for panel, person in zip(axes, drawn, strict=False):
                self._draw(panel, person)
            self._label(axes, len(self.persons) - len(drawn))
        self._remember(axes, axes[0])
        return self

    def _draw(self, ax: Axes, person: int) -> None:
        times, values = self._series[person]
        colors = emotion_colors(self.emotions)
        edges = np.append(times, times[-1:] + self.step_s)
        present = values[~np.isnan(values).any(axis=1)]
        means = present.mean(axis=0) if len(present) else np.zeros(len(self.emotions))
        below = np.zeros(len(values))
        # The most frequent at the bottom, where bands are easiest to compare.
        for code in np.argsort(-means, kind="stable"):
            above = below + values[:, code]
            ax.fill_between(
                edges,
                100 * np.append(below, below[-1:]),
                100 * np.append(above, above[-1:]),
                step="post",
                color=colors[self.emotions[code]],
                linewidth=0,
                label=self.emotions[code],
            )
            below = above
        ax.set_title(f"Person {person}", fontsize=10.5, pad=4)

    def _label(self, axes: Any, others: int) -> None:
        from matplotlib.patches import Patch
        from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

        for ax in axes:
            ax.set(xlim=(0, max(self.duration_s, self.step_s)), ylim=(0, 100), yticks=(0, 50, 100))
            ax.yaxis.set_major_formatter(PercentFormatter(symbol=" %"))
            ax.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 1.5, 2, 3, 6, 10]))
            ax.xaxis.set_major_formatter(FuncFormatter(_clock))
        if not self.persons:
            axes[0].text(0.5, 0.5, "no face", transform=axes[0].transAxes, ha="center", color=MUTED)
        more = f"   (and {others} more, seen for a shorter time)" if others else ""
        axes[-1].set_xlabel(f"Time{more}")
        colors = emotion_colors(self.emotions)
        handles = [Patch(color=colors[name], label=name) for name in self.emotions]
        axes[0].get_figure().legend(
            handles=handles,
            loc="outside upper center",
            ncols=len(handles),
            facecolor=PAPER,
            handlelength=1,
            columnspacing=1.4,
        )


def _clock(seconds: float, _position: Any = None) -> str:
    """Return a time as `1:05`, or `2:01:05` from one hour, with tenths if they are not 0.

    Example:
        >>> _clock(65), _clock(7265), _clock(0.5)
        ('1:05', '2:01:05', '0:00.5')
    """
    # Rounded first, since 59.96 would become 60.0 afterwards.
    minutes, tenths = divmod(round(10 * max(seconds, 0.0)), 600)
    hours, minutes = divmod(minutes, 60)
    tail = f"{tenths / 10:04.1f}" if tenths % 10 else f"{tenths // 10:02d}"
    return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"
