"""Rows of a command: the format chosen by the output, and the table for the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ferkit.cli.parts.rows import choose_format
from ferkit.cli.parts.table import TableSink
from ferkit.errors import UsageError
from ferkit.inference.records import error_record, make_record
from ferkit.inference.results import FaceEmotions

NAMES = ["a.jpg", 'quote"comma,.jpg', "new\nline.jpg", "üñí 😀.jpg", "empty.jpg", "last.jpg"]


def records() -> list[dict[str, Any]]:
    faces = FaceEmotions(
        [[0, 0, 10, 10], [1, 2, 3, 4]], [0.9, 0.8], [[1, 0, 0, 0, 0, 0, 0]] * 2, (64, 48)
    )
    one = [make_record(name, faces) for name in NAMES[:4]]
    return [*one, error_record(NAMES[4], "the file is empty"), make_record(NAMES[5], faces[:0])]


def test_a_table_of_a_video_shows_times(capsys: pytest.CaptureFixture[str]) -> None:
    sink = TableSink(times=True)
    sink.write(make_record("clip.mp4", FaceEmotions.empty((64, 48), time_s=1.5)))
    sink.write(error_record("clip.mp4", "it is cut off"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["1.500", "s", "no", "face"]
    assert lines[2].startswith("clip.mp4 ")


def test_a_table_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    sink = TableSink(width=10, top_k=2)
    for record in records():
        sink.write(record | {"source": record["source"].replace("new", "\x1b[31mnew")})
    sink.close()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["source", "face", "emotion", "box"]
    assert lines[1].split() == [
        "a.jpg",
        "0",
        "angry",
        "100",
        "%",
        "disgust",
        "0",
        "%",
        "0",
        "0",
        "10",
        "10",
    ]
    assert lines[-2].split() == ["empty.jpg", "error:", "the", "file", "is", "empty"]
    assert lines[-1].split() == ["last.jpg", "no", "face"]
    assert len(lines) == 1 + 8 + 2, "a line break in a name breaks no line"
    assert not any("\x1b" in line for line in lines), "a name does not colour the terminal"


@pytest.mark.parametrize(
    ("wanted", "out", "terminal", "chosen"),
    [
        (None, None, True, "table"),
        (None, None, False, "jsonl"),
        ("csv", None, True, "csv"),
        (None, "a.JSON", True, "json"),
        ("csv", "a.txt", True, "csv"),
        ("jsonl", "a.json", False, "jsonl"),
    ],
)
def test_the_format_follows_the_output(
    wanted: str | None, out: str | None, terminal: bool, chosen: str
) -> None:
    assert choose_format(wanted, Path(out) if out else None, terminal=terminal) == chosen


@pytest.mark.parametrize(
    ("wanted", "out", "words"),
    [
        (None, "a.txt", "not clear from its name"),
        (None, "a", "not clear from its name"),
        ("parquet", None, "Parquet needs a file"),
        ("table", "a.csv", "A table is only for standard output"),
    ],
)
def test_a_format_that_does_not_fit_is_refused(
    wanted: str | None, out: str | None, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        choose_format(wanted, Path(out) if out else None, terminal=True)
