"""The timeline of a video: its data and its drawing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ferkit.displays.emotion_timeline import EmotionTimelineDisplay, _clock
from ferkit.errors import UsageError

NAMES = ("happy", "sad", "bored")


def summary(persons: int) -> dict[str, Any]:
    rows = [[0.5, 0.3, 0.2], None, [0.1, 0.8, 0.1], [0.2, 0.7, 0.1]]
    people = [
        {"track_id": n + 1, "first_step": 2 * n, "probabilities": rows} for n in range(persons)
    ]
    timeline = {"step_s": 0.5, "persons": people}
    return {"timeline": timeline, "emotions": list(NAMES), "duration_s": 12.0}


def test_series_are_those_of_the_summary() -> None:
    display = EmotionTimelineDisplay.from_summary(summary(2))
    times, values = display.series(2)
    assert times.tolist() == [1.0, 1.5, 2.0, 2.5]
    assert np.isnan(values[1]).all()
    assert values[2].tolist() == [0.1, 0.8, 0.1]
    assert display.persons == (1, 2)


@pytest.mark.parametrize(("persons", "panels"), [(0, 1), (1, 1), (3, 3), (20, 8)])
def test_a_panel_for_each_of_the_longest_seen(persons: int, panels: int, tmp_path: Path) -> None:
    display = EmotionTimelineDisplay.from_summary(summary(persons)).plot()
    assert len(display.ax_) == panels
    assert display.ax_[0].get_xlim() == (0, 12)
    if persons:
        assert display.ax_[0].get_title(loc="left") == "Person 1"
    hidden = persons - panels if persons > panels else 0
    assert (f"and {hidden} more" in display.ax_[-1].get_xlabel()) == bool(hidden)
    display.save(tmp_path / "timeline.png")
    assert (tmp_path / "timeline.png").stat().st_size > 1000


def test_wrong_data_is_refused() -> None:
    broken = summary(1)
    broken["emotions"] = ["happy"]
    with pytest.raises(UsageError, match="needs 1 probabilities per step"):
        EmotionTimelineDisplay.from_summary(broken)
    display = EmotionTimelineDisplay.from_summary(summary(2))
    with pytest.raises(UsageError, match="need as many axes"):
        display.plot(EmotionTimelineDisplay.from_summary(summary(1)).plot().ax_)


def test_times_are_formatted_like_a_player() -> None:
    assert [_clock(s) for s in (0, 59, 60, 3599, 3600)] == [
        "0:00",
        "0:59",
        "1:00",
        "59:59",
        "1:00:00",
    ]
    assert [_clock(s) for s in (0.5, 7.04, 59.94, 59.96, 119.9999999, 3599.97)] == [
        "0:00.5",
        "0:07",
        "0:59.9",
        "1:00",
        "2:00",
        "1:00:00",
    ]
