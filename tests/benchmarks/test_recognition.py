"""The benchmark of recognition: its inputs and the evaluation of its measurements."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from clips import paint, write_clip

pytest.importorskip("av")

from ferkit.inference.video.reader import VideoReader
from recognition import row
from recognition_material import forth_and_back, make_clip, make_folder
from recognition_table import full_table, short_table


def test_a_clip_is_repeated_without_jumps(tmp_path: Path) -> None:
    images = [paint((64, 48), (4 + 8 * i, 8, 20, 200)) for i in range(4)]
    source = write_clip(tmp_path / "clip.mp4", images)
    starts = [int(np.argmax(image[15].max(axis=1) > 100)) for image in forth_and_back(source)]
    assert starts == pytest.approx([4, 12, 20, 28, 20, 12], abs=2)
    target = make_clip(source, tmp_path / "long.mp4", 14, (128, 96))
    with VideoReader(target) as reader:
        frames = list(reader.frames())
    assert len(frames) == 14
    assert frames[0].size == (128, 96)
    assert frames[13].time_s == pytest.approx(13 / 30, abs=1e-3)


def test_a_folder_is_filled(tmp_path: Path) -> None:
    photos = [tmp_path / "a.jpg", tmp_path / "b.png"]
    for photo in photos:
        photo.write_bytes(photo.name.encode())
    made = sorted(make_folder(photos, tmp_path / "many", 5).iterdir())
    assert [path.name for path in made] == [
        "00000.jpg",
        "00001.png",
        "00002.jpg",
        "00003.png",
        "00004.jpg",
    ]
    assert made[3].read_bytes() == b"b.png"


def test_verdicts_compare_with_the_fastest_way_of_the_peer() -> None:
    middle = {
        ("crops", "nano EmotionClassifier", "images/s"): 3000.0,
        ("crops", "nano-int8 EmotionClassifier", "images/s"): 4500.0,
        ("crops", "fer api-tflite", "images/s"): 500.0,
        ("crops", "fer keras-function", "images/s"): 400.0,
        ("photo", "ferkit nano", "detect_s"): 0.020,
        ("photo", "ferkit nano", "whole_s"): 0.023,
        ("photo", "fer MTCNN", "whole_s"): 0.230,
        ("photo", "fer MTCNN", "faces"): 4,
        ("video", "640x360 to CSV", "frames/s"): 120.0,
        ("folder", "1 threads", "photos/s"): 20.0,
        ("folder", "2 threads", "photos/s"): 36.0,
        ("memory", "216000 frames of 320x180", "MB more at most"): 12.0,
    }
    rows = [
        {"what": what, "who": who, "measure": measure, "value": str(value)}
        for (what, who, measure), value in middle.items()
    ]
    lines = short_table(rows).splitlines()[2:]
    found = [line.split(" | ")[-1].removesuffix(" |") for line in lines]
    assert found == ["6.0 x", "9.0 x", "+ 15 %", "10.0 x", "120 frames/s", "1.80 x", "12 MB"]
    assert lines[0].startswith("| crops, batch 64, nano-fer2013 against"), "today's name"
    assert len(short_table([]).splitlines()) == 2


def test_the_table_shows_medians_of_rounds() -> None:
    about = {"what": "folder", "who": "1 threads"}
    rows = [row(about, "photos/s", value, i) for i, value in enumerate((10.0, 30.0, 20.0))]
    rows = [{**row, "commit": "4d935de16b41ff6a"} for row in rows]
    assert "| folder | 1 threads | photos/s | 20 | 3 | 4d935de |" in full_table(rows)
