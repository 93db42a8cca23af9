"""`ferkit video` and `ferkit camera`: rows, annotated video, summary, and every way to end."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from clips import SquareDetector, brightness, paint, write_clip
from rtsp_server import rtsp_camera

pytest.importorskip("av")
pytest.importorskip("trackers")

from ferkit.cli.main import main
from ferkit.inference.video.network import NetworkCamera
from ferkit.inference.video.reader import VideoReader
from ferkit.inference.video.recognize import recognize_frames

SIZE = (160, 96)
HAPPY, SAD = brightness(3), brightness(4)


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as request:
        main([str(argument) for argument in arguments])
    assert isinstance(request.value.code, int)
    return request.value.code


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(autouse=True)
def _squares(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `--detector none` find bright squares."""
    monkeypatch.setattr(
        "ferkit.inference.detectors.create_detector", lambda name, threads=None: SquareDetector()
    )


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Return a clip of two seconds: a happy face, sad in the second half, alone in the middle
    frames.
    """
    images = [paint(SIZE, (10 + i, 20, 40, HAPPY if i < 25 else SAD)) for i in range(50)]
    images[10] = paint(SIZE)
    return write_clip(tmp_path / "my clip.mp4", images, audio="aac")


@pytest.fixture
def options(tiny_onnx: Path) -> list[object]:
    return ["--model", tiny_onnx, "--detector", "none", "--threads", "1"]


def test_rows_in_every_format(
    clip: Path, options: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("video", clip, *options, "--out", tmp_path / "rows.csv") == 0
    rows = rows_of(tmp_path / "rows.csv")
    assert [float(row["time_s"]) for row in rows] == pytest.approx(np.arange(50) / 25, abs=1e-4)
    assert [row["face"] for row in rows].count("") == 1
    assert {row["track_id"] for row in rows} == {"1", ""}
    assert rows[5]["emotion"] == "happy"
    assert rows[49]["emotion"] == "sad"
    assert capsys.readouterr().err.startswith("ferkit: 50 frames, 49 faces, 1 person; ")
    assert run("video", clip, *options, "--out", tmp_path / "rows.json", "--top-k", 2) == 0
    records = json.loads((tmp_path / "rows.json").read_text())
    assert len(records) == 50
    assert records[10] == {
        "source": str(clip),
        "image_size": list(SIZE),
        "faces": [],
        "time_s": 0.4,
        "error": None,
    }
    assert len(records[0]["faces"][0]["probabilities"]) == 2
    assert run("video", clip, *options, "--out", tmp_path / "rows.parquet") == 0
    import pyarrow.parquet as pq

    assert pq.read_table(tmp_path / "rows.parquet").num_rows == 50


def test_a_pipe_gets_json_lines(
    clip: Path, options: list[object], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run("video", clip, *options, "--fps", 5) == 0
    lines = capfdbinary.readouterr().out.splitlines()
    times = [json.loads(line)["time_s"] for line in lines]
    assert times == pytest.approx(np.arange(10) / 5, abs=1e-4)


def test_a_table_shows_times(
    clip: Path, options: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("video", clip, *options, "--format", "table", "--every", 25) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[1].startswith("0.000 s")
    assert shown[2].startswith("1.000 s")


def test_annotated_video_and_summary(
    clip: Path, options: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out" / "annotated.mp4"
    assert run("video", clip, *options, "--annotate", out, "--summary", "--smooth", 0) == 0
    captured = capsys.readouterr()
    assert "person 1" in captured.out
    assert "{" not in captured.out
    names = sorted(path.name for path in out.parent.iterdir())
    assert names == ["annotated.mp4", "my clip.summary.json", "my clip.timeline.png"]
    with VideoReader(out) as reader:
        frames = list(reader.frames())
        assert reader.has_audio
    assert len(frames) == 50
    before = paint(SIZE, (10, 20, 40, HAPPY))
    # A box and a name are drawn.
    assert np.abs(frames[0].image.astype(int) - before).max() > 60
    summary = json.loads((out.parent / "my clip.summary.json").read_text())
    (person,) = summary["persons"]
    assert person["share_of_time"]["happy"] == pytest.approx(24 / 49, abs=0.02)
    assert [change["to"] for change in person["changes"]] == ["sad"]


def test_a_truncated_video_ends_with_an_error_row(
    options: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(0).integers(0, 40, (50, 96, 160, 3), dtype=np.uint8)
    path = write_clip(tmp_path / "cut.mp4", list(noise), options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert run("video", path, *options, "--out", tmp_path / "rows.jsonl") == 1
    records = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert 15 < len(records) < 35
    assert "is cut off" in records[-1]["error"]
    assert all(record["error"] is None for record in records[:-1])
    assert "is cut off: it ends at" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["missing.mp4"], 1, "There is no file missing.mp4"),
        (["CLIP", "--annotate", "out.avi"], 2, "ends in .mp4"),
        (["CLIP", "--every", "2", "--fps", "3"], 2, "use only one of them"),
        (["CLIP", "--annotate", "CLIP"], 2, "named twice"),
        (["CLIP", "--summary", "--out", "my clip.summary.json"], 2, "named twice"),
        (["CLIP", "--out", "rows.txt"], 2, "not clear from its name"),
    ],
)
def test_wrong_use_is_one_line_and_leaves_no_files(
    arguments: list[str],
    code: int,
    sentence: str,
    clip: Path,
    options: list[object],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(clip.parent)
    given = [str(clip) if argument == "CLIP" else argument for argument in arguments]
    assert run("video", *given, *options) == code
    assert sentence in capsys.readouterr().err
    assert [path.name for path in clip.parent.iterdir()] == [clip.name]


def test_ctrl_c_leaves_whole_rows_and_a_video_that_plays(
    clip: Path,
    options: list[object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def pressed(*given: object, **also: object) -> object:
        for i, result in enumerate(recognize_frames(*given, **also)):  # type: ignore[arg-type]
            if i == 20:
                os.kill(os.getpid(), signal.SIGINT)
            yield result

    monkeypatch.setattr("ferkit.inference.video.recognize.recognize_frames", pressed)
    before = signal.getsignal(signal.SIGINT)
    rows, video = tmp_path / "rows.json", tmp_path / "out.mp4"
    assert run("video", clip, *options, "--out", rows, "--annotate", video, "--summary") == 130
    assert signal.getsignal(signal.SIGINT) is before
    assert "Interrupted" in capsys.readouterr().err
    assert len(json.loads(rows.read_text())) == 21
    with VideoReader(video) as reader:
        assert len(list(reader.frames())) == 21
        assert reader.problem is None
    assert json.loads((tmp_path / "my clip.summary.json").read_text())["frames"] == 21


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for a child")
def test_ctrl_c_in_a_separate_process(tiny_onnx: Path, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (24, 180, 320, 3), dtype=np.uint8)
    path = write_clip(tmp_path / "long.mp4", [noise[i % 24] for i in range(600)])
    rows, video = tmp_path / "rows.csv", tmp_path / "out.mp4"
    given = ["--model", tiny_onnx, "--detector", "none", "--out", rows, "--annotate", video]
    command = [sys.executable, "-m", "ferkit", "video", path, *given]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while not (rows.exists() and rows.read_text().count("\n") > 10):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted" in errors
    assert "Traceback" not in errors
    with rows.open(newline="") as file:
        count = len(list(csv.DictReader(file)))
    with VideoReader(video) as reader:
        assert len(list(reader.frames())) == count
    assert 10 <= count < 600


def test_a_foreign_model_gets_its_classes_by_option(
    clip: Path, tiny_onnx: Path, tmp_path: Path
) -> None:
    model = onnx.load(str(tiny_onnx))
    del model.metadata_props[:]
    onnx.save(model, str(tmp_path / "theirs.onnx"))
    stated = ["--class-names", "a,b,c,d,e,f,g", "--pixels", "0-255", "--detector", "none"]
    options = ["--model", tmp_path / "theirs.onnx", *stated, "--out", tmp_path / "rows.csv"]
    assert run("video", clip, *options) == 0
    rows = rows_of(tmp_path / "rows.csv")
    assert (rows[5]["emotion"], rows[49]["emotion"]) == ("d", "e")
    assert run("camera", 97, "--no-window", "--overwrite", *options) == 1


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_camera_that_is_gone_keeps_what_was_seen(
    options: list[object],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for limit in ("patience_s", "timeout_s"):
        monkeypatch.setitem(NetworkCamera.__init__.__kwdefaults__, limit, 0.3)
    with rtsp_camera(paint(SIZE, (20, 20, 40, HAPPY))) as (address, camera):
        camera.once = True
        out = ["--no-window", "--out", tmp_path / "rows.csv", "--summary"]
        assert run("camera", address, *options, *out) == 1
    told = capsys.readouterr()
    assert "gave no picture" in told.err.splitlines()[-1]
    assert {row["emotion"] for row in rows_of(tmp_path / "rows.csv")} == {"happy"}
    assert len(list(tmp_path.glob("*.summary.json"))) == 1


def test_no_camera_is_one_sentence(
    tmp_path: Path, options: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("camera", 97, "--no-window", "--out", tmp_path / "rows.csv") == 1
    assert capsys.readouterr().err.startswith("Error: There is no camera 97")
    assert run("camera", "--no-window") == 2
    capsys.readouterr()
    assert run("camera", "--no-window", "--seconds", "nan", "--out", tmp_path / "rows.csv") == 2
    assert "--seconds expects a number of seconds, not nan" in capsys.readouterr().err
    assert not (tmp_path / "rows.csv").exists()


def test_another_video_is_never_replaced(
    clip: Path, options: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_clip(tmp_path / "other.mp4", [paint(SIZE)] * 3)
    before = other.read_bytes()
    assert run("video", clip, "--annotate", other, *options) == 2
    assert "other.mp4 exists and was not written by ferkit" in capsys.readouterr().err
    assert run("video", clip, "--out", other, "--format", "csv", *options) == 2
    assert "is the name of a video, and csv is none" in capsys.readouterr().err
    assert run("video", clip, "--annotate", clip, "--overwrite", *options) == 2
    (tmp_path / "my clip.timeline.png").write_bytes(b"mine")
    assert run("video", clip, "--summary", "--out", tmp_path / "rows.csv", *options) == 2
    assert other.read_bytes() == before
    assert not (tmp_path / "rows.csv").exists()


def test_an_annotated_video_is_made_again(
    clip: Path, options: list[object], tmp_path: Path
) -> None:
    out, again = tmp_path / "a.mp4", tmp_path / "a.mkv"
    for path in (out, out, again, again):
        assert run("video", clip, "--annotate", path, "--every", 10, *options) == 0


def test_old_camera_names_still_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("camera", 97, "--no-window", "--csv", tmp_path / "rows.csv") == 1
    told = capsys.readouterr().err
    assert "--csv is called --out now" in told
    assert "There is no camera 97" in told


def test_a_camera_is_a_number_or_an_address(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("camera", "clip.mp4", "--no-window", "--out", tmp_path / "rows.csv") == 2
    assert "for a video file use: ferkit video clip.mp4" in capsys.readouterr().err
