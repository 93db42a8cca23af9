"""Videos are written as H.264 with true times and sound, playable after an interruption."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import paint, write_clip

from ferkit.errors import OutputError, UsageError
from ferkit.inference.video.libraries import load_av
from ferkit.inference.video.reader import VideoReader
from ferkit.inference.video.writer import VideoWriter

SIZE = (64, 48)


def content(path: Path) -> dict[str, Any]:
    """Return the properties of a file that a player reads."""
    with load_av().open(str(path)) as file:
        video = file.streams.video[0]
        about = {
            "codec": video.codec_context.name,
            "pixels": video.codec_context.pix_fmt,
            "size": (video.width, video.height),
            "audio": [s.codec_context.codec.canonical_name for s in file.streams.audio],
        }
        if file.streams.audio:
            packets = [p for p in file.demux(file.streams.audio[0]) if p.pts is not None]
            about["audio_s"] = float(sum(p.duration for p in packets) * packets[0].time_base)
            about["audio_start"] = float(packets[0].pts * packets[0].time_base)
    return about


def times_of(path: Path) -> list[float]:
    with VideoReader(path) as reader:
        return [frame.time_s for frame in reader.frames()]


@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov", ".mkv"])
def test_frames_and_times_come_back(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{suffix}"
    times = [0.0, 0.04, 0.1, 0.5, 0.52, 1.25, 3.0]
    writer = VideoWriter(path, rate=25)
    for i, time_s in enumerate(times):
        writer.write(paint(SIZE, (4 + 4 * i, 8, 20, 200)), time_s)
    assert not path.exists()
    writer.close()
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert times_of(path) == pytest.approx(times, abs=1e-3)
    about = content(path)
    assert (about["codec"], about["pixels"], about["size"]) == ("h264", "yuv420p", SIZE)
    with VideoReader(path) as reader:
        images = [frame.image for frame in reader.frames()]
    assert images[6][15, 38].min() > 180
    assert images[6][15, 20].max() < 40


def test_odd_sizes_become_even_without_scaling(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 255, (9, 13, 3), dtype=np.uint8)
    image = image.repeat(5, axis=0).repeat(5, axis=1)
    writer = VideoWriter(tmp_path / "out.mp4")
    writer.write(image, 0)
    writer.close()
    with VideoReader(tmp_path / "out.mp4") as reader:
        back = next(reader.frames()).image
    assert back.shape == (46, 66, 3)
    error = np.abs(back[:45, :65].mean(axis=2) - image.mean(axis=2))
    assert error.mean() < 12


def test_equal_times_do_not_stop_the_work(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "out.mp4")
    for time_s in (0.0, 0.0, 0.1, 0.05, 0.2):
        writer.write(paint(SIZE), time_s)
    writer.close()
    assert times_of(tmp_path / "out.mp4") == pytest.approx([0, 0, 0.1, 0.1, 0.2], abs=1e-3)


def test_a_frame_of_another_size_is_fitted(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "out.mp4")
    writer.write(paint(SIZE), 0)
    writer.write(paint((128, 96), (0, 0, 60, 220)), 0.1)
    writer.close()
    with VideoReader(tmp_path / "out.mp4") as reader:
        last = list(reader.frames())[-1]
    assert last.size == SIZE
    assert last.image[15, 15].min() > 180


@pytest.mark.parametrize(
    ("given", "suffix", "kept"),
    [
        ("aac", ".mp4", "aac"),
        ("aac", ".m4v", "aac"),
        ("aac", ".mov", "aac"),
        ("aac", ".mkv", "aac"),
        ("libmp3lame", ".mp4", "mp3"),
        ("libmp3lame", ".m4v", "aac"),
        ("libmp3lame", ".mov", "mp3"),
        ("libmp3lame", ".mkv", "mp3"),
        ("libopus", ".mp4", "opus"),
        ("libopus", ".m4v", "aac"),
        ("libopus", ".mov", "aac"),
        ("libopus", ".mkv", "opus"),
        ("flac", ".mp4", "flac"),
        ("flac", ".m4v", "aac"),
        ("flac", ".mov", "aac"),
        ("flac", ".mkv", "flac"),
        ("pcm_s16le", ".mp4", "aac"),
        ("pcm_s16le", ".mkv", "aac"),
    ],
)
def test_sound_is_copied_or_made_playable(
    given: str, suffix: str, kept: str, tmp_path: Path
) -> None:
    source = write_clip(tmp_path / "clip.mkv", [paint(SIZE)] * 50, rate=25, audio=given)
    out = tmp_path / f"out{suffix}"
    writer = VideoWriter(out, rate=25, audio_from=source)
    for i in range(50):
        writer.write(paint(SIZE), i / 25)
    writer.close()
    about = content(out)
    assert about["audio"] == [kept]
    assert about["audio_s"] == pytest.approx(2.0, abs=0.06)
    first = times_of(out)[0]
    # Encoders begin a little early; picture and sound stay together.
    assert first - about["audio_start"] == pytest.approx(0, abs=0.03)


def check_written_without_sound(source: Path, out: Path) -> None:
    writer = VideoWriter(out, rate=25, audio_from=source)
    writer.write(paint(SIZE), 0)
    writer.close()
    assert content(out)["audio"] == []
    assert times_of(out) == [0]


def test_a_silent_film_gives_no_sound(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "clip.mp4", [paint(SIZE)] * 3, rate=25)
    check_written_without_sound(source, tmp_path / "out.mp4")


def test_sound_that_nobody_can_decode_is_left_out(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "clip.mkv", [paint(SIZE)] * 3, rate=25, audio="aac")
    known = source.read_bytes()
    assert known.count(b"A_AAC") == 1
    source.write_bytes(known.replace(b"A_AAC", b"A_XYZ"))
    check_written_without_sound(source, tmp_path / "out.mp4")


def test_an_interrupted_video_ends_with_its_last_frame(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "clip.mp4", [paint(SIZE)] * 100, rate=25, audio="aac")
    writer = VideoWriter(tmp_path / "out.mp4", rate=25, audio_from=source)
    for i in range(25):
        writer.write(paint(SIZE), i / 25)
    writer.close(whole=False)
    assert len(times_of(tmp_path / "out.mp4")) == 25
    assert content(tmp_path / "out.mp4")["audio_s"] == pytest.approx(1.0, abs=0.1)


def test_a_killed_process_leaves_a_playable_file(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "out.mp4", rate=25)
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    for i in range(250):
        writer.write(np.roll(noise, i, axis=1), i / 25)
    # As it is on disk at this moment.
    (partial,) = tmp_path.iterdir()
    (tmp_path / "left.mp4").write_bytes(partial.read_bytes())
    assert len(times_of(tmp_path / "left.mp4")) >= 100
    writer.close()
    assert len(times_of(tmp_path / "out.mp4")) == 250


def test_without_a_frame_there_is_no_file(tmp_path: Path) -> None:
    VideoWriter(tmp_path / "out.mp4").close()
    assert list(tmp_path.iterdir()) == []


def test_an_unsupported_suffix_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"ends in \.mp4"):
        VideoWriter(tmp_path / "out.avi")


def test_an_unwritable_place_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="Cannot write"):
        VideoWriter(tmp_path / "file" / "out.mp4")


def test_errors_of_pyav_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("'ipod' format does not support 'opus' codec")

    monkeypatch.setattr("ferkit.inference.video.writer.AudioTrack", refuse)
    writer = VideoWriter(tmp_path / "out.m4v", audio_from=tmp_path / "clip.mkv")
    with pytest.raises(OutputError, match=r"Cannot write .*out\.m4v: 'ipod' format does not"):
        writer.write(paint(SIZE), 0)


def test_a_full_disk_is_an_output_error(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    writer = VideoWriter(tmp_path / "out.mp4")
    noise = np.random.default_rng(0).integers(0, 255, (240, 320, 3), dtype=np.uint8)

    def write_many() -> None:
        for i in range(300):
            writer.write(np.roll(noise, 7 * i, axis=1), i / 25)

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(OutputError, match=r"Cannot write .*out\.mp4: File too large"):
            write_many()
        with pytest.raises(OutputError):
            writer.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []
