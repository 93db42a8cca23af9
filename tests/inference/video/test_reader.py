"""Frames are complete, upright, in true colours, with presentation times."""

from __future__ import annotations

import io
import os
import socket
import threading
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from clips import paint, write_clip

from ferkit.errors import UsageError, VideoError
from ferkit.inference.video.libraries import load_av
from ferkit.inference.video.reader import VideoReader

SIZE = (64, 48)
UNEVEN = [0.0, 0.04, 0.1, 0.5, 0.52, 1.25, 3.0]


def times_of(path: Path, **choice: float) -> list[float]:
    with VideoReader(path) as reader:
        times = [frame.time_s for frame in reader.frames(**choice)]
        assert reader.problem is None
    return times


def plain(n: int) -> list[np.ndarray]:
    return [paint(SIZE, (4 + i, 8, 20, 200)) for i in range(n)]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov", ".ts"])
def test_times_are_those_at_which_frames_are_shown(suffix: str, tmp_path: Path) -> None:
    path = write_clip(tmp_path / f"clip{suffix}", plain(7), UNEVEN)
    # Matroska counts milliseconds.
    assert times_of(path) == pytest.approx(UNEVEN, abs=1e-3)


def test_frame_number_over_rate_would_be_wrong(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", plain(7), UNEVEN)
    with VideoReader(path) as reader:
        assert reader.rate is not None
        guessed = [frame.index / reader.rate for frame in reader.frames()]
    assert max(abs(np.array(guessed) - UNEVEN)) > 0.5


def test_a_stream_without_times_gets_them_from_its_rate(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.h264", plain(6), rate=25)
    assert np.diff(times_of(path)) == pytest.approx([0.04] * 5, abs=1e-6)


def test_joined_recordings_go_on_in_time(tmp_path: Path) -> None:
    one = write_clip(tmp_path / "clip.ts", plain(50), rate=25).read_bytes()
    (tmp_path / "both.ts").write_bytes(one + one)
    with VideoReader(tmp_path / "both.ts") as reader:
        steps = np.diff([frame.time_s for frame in reader.frames()])
    assert len(steps) > 90  # at the seam, pictures may be cut off
    assert steps == pytest.approx(np.full(len(steps), 0.04), abs=1e-6)


def test_colours_are_kept(tmp_path: Path) -> None:
    image = np.zeros((48, 64, 3), np.uint8)
    image[..., 0] = 230
    path = write_clip(tmp_path / "clip.mp4", [image] * 2)
    with VideoReader(path) as reader:
        red, green, blue = next(reader.frames()).image.reshape(-1, 3).mean(axis=0)
    assert red > 215
    assert max(green, blue) < 25


def test_odd_sizes_are_read_whole(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", [paint((63, 47), (40, 24, 20, 200))] * 3)
    with VideoReader(path) as reader:
        frame = next(reader.frames())
    assert frame.size == (63, 47)
    assert frame.image[40, 55].min() > 180


@pytest.mark.parametrize(
    ("rotation", "size", "corner"),
    [(90, (48, 64), (-5, 5)), (180, (64, 48), (-5, -5)), (-90, (48, 64), (5, -5))],
)
def test_rotated_clips_are_upright(
    rotation: int, size: tuple[int, int], corner: tuple[int, int], tmp_path: Path
) -> None:
    path = write_clip(tmp_path / "clip.mp4", [paint(SIZE, (0, 0, 12, 220))] * 2, rotation=rotation)
    with VideoReader(path) as reader:
        frame = next(reader.frames())
    assert frame.size == size
    assert frame.image.flags.c_contiguous
    assert frame.image[corner].min() > 180


def test_pixels_that_are_not_square_become_so(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", plain(2), pixel_aspect=Fraction(3, 2))
    with VideoReader(path) as reader:
        assert next(reader.frames()).size == (96, 48)


def test_pixels_of_any_width_do_not_fill_the_memory(tmp_path: Path) -> None:
    square = np.zeros((512, 512, 3), np.uint8)
    path = write_clip(tmp_path / "wide.mp4", [square], pixel_aspect=Fraction(500))
    with VideoReader(path) as reader, pytest.raises(VideoError, match="256000x512 pixels"):
        next(reader.frames())


def test_every_and_fps_choose_frames(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", plain(7), UNEVEN)
    assert times_of(path, every=3) == pytest.approx([0.0, 0.5, 3.0], abs=1e-4)
    assert times_of(path, fps=2) == pytest.approx([0.0, 0.5, 1.25, 3.0], abs=1e-4)
    even = write_clip(tmp_path / "even.mp4", plain(25), rate=25)
    assert times_of(even, fps=5) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8], abs=1e-4)
    assert len(times_of(even, fps=1000)) == 25


@pytest.mark.parametrize(
    "choice",
    [
        {"every": 0},
        {"fps": 0},
        {"fps": float("nan")},
        {"fps": float("inf")},
        {"every": 2, "fps": 3},
    ],
)
def test_a_wrong_selection_is_refused(choice: dict[str, float], tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", plain(2))
    with VideoReader(path) as reader, pytest.raises(UsageError):
        next(reader.frames(**choice))


def test_bytes_and_open_files_are_read(tmp_path: Path) -> None:
    content = write_clip(tmp_path / "clip.mp4", plain(3)).read_bytes()
    for source in (content, io.BytesIO(content)):
        with VideoReader(source) as reader:
            assert len(list(reader.frames())) == 3


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names on this system")
def test_a_pipe_is_read_whole(tmp_path: Path) -> None:
    content = write_clip(tmp_path / "clip.ts", plain(50), rate=25).read_bytes()
    pipe = tmp_path / "pipe.ts"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(content,), daemon=True)
    writer.start()
    assert times_of(pipe) == pytest.approx(np.arange(50) / 25, abs=1e-6)
    writer.join(5)


def test_a_name_that_looks_like_a_protocol_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_clip(tmp_path / "clip.mp4", plain(3)).rename("concat:a b.mp4")
    assert len(times_of(Path("concat:a b.mp4"))) == 3


def test_a_playlist_does_not_reach_the_network(tmp_path: Path, socket_enabled: None) -> None:
    path = tmp_path / "list.m3u8"
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        address = "http" + f"://127.0.0.1:{server.getsockname()[1]}/a.ts"
        path.write_text(
            f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{address}\n#EXT-X-ENDLIST\n"
        )
        with pytest.raises(VideoError):
            VideoReader(path)
        with pytest.raises(TimeoutError):
            server.accept()


def bad_files(folder: Path) -> dict[str, tuple[Path, str]]:
    whole = write_clip(folder / "whole.mp4", plain(20)).read_bytes()
    texts = {
        "missing.mp4": (None, "There is no file"),
        "empty.mp4": (b"", "is empty"),
        "noise.mp4": (bytes(range(256)) * 20, "broken or cut off"),
        # The index of frames is at the end of such a file.
        "cut.mp4": (whole[: len(whole) // 2], "broken or cut off"),
        "notes.txt": (b"Nothing to see here.\n" * 30, "is not a video"),
    }
    for name, (content, _) in texts.items():
        if content is not None:
            (folder / name).write_bytes(content)
    return {name: (folder / name, sentence) for name, (_, sentence) in texts.items()}


@pytest.mark.parametrize("name", ["missing.mp4", "empty.mp4", "noise.mp4", "cut.mp4", "notes.txt"])
def test_a_file_that_is_no_video_is_one_sentence(name: str, tmp_path: Path) -> None:
    path, sentence = bad_files(tmp_path)[name]
    with pytest.raises(VideoError, match=sentence) as caught:
        VideoReader(path)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_is_no_video(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="is a folder"):
        VideoReader(tmp_path)


def test_another_type_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="not int"):
        VideoReader(7)
    with pytest.raises(UsageError, match="open it as 'rb'"):
        VideoReader(io.StringIO("text"))


def test_a_photo_is_pointed_to_predict(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (64, 48)).save(tmp_path / "photo.jpg")
    with pytest.raises(VideoError, match="ferkit predict"):
        VideoReader(tmp_path / "photo.jpg")


def test_an_animated_gif_is_a_video(tmp_path: Path) -> None:
    from PIL import Image

    first, *others = [Image.fromarray(image) for image in plain(4)]
    first.save(tmp_path / "a.gif", save_all=True, append_images=others, duration=100)
    assert times_of(tmp_path / "a.gif") == pytest.approx([0, 0.1, 0.2, 0.3], abs=0.011)


def test_audio_without_video_is_an_error(tmp_path: Path) -> None:
    av = load_av()
    from clips import write_tone

    with av.open(str(tmp_path / "song.m4a"), "w") as output:
        write_tone(av, output, output.add_stream("aac", rate=48_000, layout="mono"), 0.5)
    with pytest.raises(VideoError, match="sound but no picture"):
        VideoReader(tmp_path / "song.m4a")


def test_an_unknown_codec_is_one_sentence(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mkv", plain(2))
    known = path.read_bytes()
    assert known.count(b"V_MPEG4/ISO/AVC") == 1
    path.write_bytes(known.replace(b"V_MPEG4/ISO/AVC", b"V_MPEG4/ISO/XYZ"))
    with pytest.raises(VideoError, match="of a kind that FFmpeg does not know; convert it first"):
        VideoReader(path)


def test_a_truncated_video_gives_its_frames_then_an_error(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (50, 48, 64, 3), dtype=np.uint8)
    # With the index in front, as in a file from the web.
    path = write_clip(tmp_path / "clip.mp4", list(noise), options={"movflags": "faststart"})
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 6 // 10])
    with VideoReader(path) as reader:
        count = len(list(reader.frames()))
        assert 20 < count < 40
        assert reader.problem is not None
        assert "cut off: it ends at" in reader.problem
        assert "of 2.0 s" in reader.problem


def test_a_damaged_part_is_skipped_and_reported(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (50, 48, 64, 3), dtype=np.uint8)
    path = write_clip(tmp_path / "clip.mp4", list(noise))
    content = bytearray(path.read_bytes())
    start = content.index(b"mdat") + len(content) // 3
    content[start : start + 6000] = bytes(6000)
    path.write_bytes(content)
    with VideoReader(path) as reader:
        assert 40 < len(list(reader.frames())) < 50
        assert reader.problem is not None
        assert "is damaged: " in reader.problem


@pytest.mark.parametrize("suffix", [".mkv", ".webm"])
def test_a_piece_of_a_recording_that_starts_late_is_whole(suffix: str, tmp_path: Path) -> None:
    """A segment of a camera's recording: video alone, its times those of the whole recording."""
    codec = "libvpx" if suffix == ".webm" else "libx264"
    late = [10 + i / 25 for i in range(30)]
    path = write_clip(tmp_path / f"s1{suffix}", plain(30), late, codec=codec)
    with VideoReader(path) as reader:
        times = [frame.time_s for frame in reader.frames()]
        assert reader.problem is None
        assert reader.duration_s == pytest.approx(1.2, abs=0.05)
    assert times == pytest.approx([i / 25 for i in range(30)], abs=2e-3)


def test_a_truncated_late_piece_is_reported(tmp_path: Path) -> None:
    late = [10 + i / 25 for i in range(100)]
    options = {"g": "5", "bf": "0"}
    path = write_clip(tmp_path / "s1.mkv", plain(100), late, options=options)
    content = path.read_bytes()
    path.write_bytes(content[: 2 * len(content) // 3])
    with VideoReader(path) as reader:
        frames = sum(1 for _ in reader.frames())
        assert 20 < frames < 90
        assert reader.problem is not None
        assert "is cut off" in reader.problem


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_title_in_another_encoding_does_not_matter(suffix: str, tmp_path: Path) -> None:
    av = load_av()
    path = tmp_path / f"clip{suffix}"
    with av.open(str(path), "w") as clip:
        clip.metadata["title"] = "Caf-in-Latin-1"
        stream = clip.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for _ in range(3):
            picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            clip.mux(stream.encode(picture))
        clip.mux(stream.encode(None))
    content = path.read_bytes()
    assert content.count(b"Caf-in") == 1
    path.write_bytes(content.replace(b"Caf-in", b"Caf\xe9in"))
    with pytest.raises(UnicodeDecodeError):  # what PyAV makes of it by itself
        av.open(str(path))
    assert len(times_of(path)) == 3


def test_the_cover_of_a_song_is_no_video(tmp_path: Path) -> None:
    av = load_av()
    path = tmp_path / "song.mp3"
    with av.open(str(path), "w") as song:
        cover = song.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        sound = song.add_stream("mp3", rate=44_100)
        picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        song.mux(cover.encode(picture))
        song.mux(cover.encode(None))
        tone = av.AudioFrame.from_ndarray(np.zeros((1, 1152), np.float32), "fltp", "mono")
        tone.sample_rate, tone.pts = 44_100, 0
        song.mux(sound.encode(tone))
        song.mux(sound.encode(None))
    with pytest.raises(VideoError, match="contains sound but no picture"):
        VideoReader(path)
