"""`ferkit predict` on the command line: every input has a record."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bad_files import make_corpus, picture
from PIL import Image

from ferkit.inference.records import printable, record_schema
from ferkit.labels import EMOTIONS

Run = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.filterwarnings("ignore:Corrupt EXIF data")


def emotions(records: list[dict[str, Any]]) -> list[str]:
    return [face["emotion"] for record in records for face in record["faces"]]


def test_one_picture_in_a_pipe_is_a_line_of_json(run: Run, album: Path) -> None:
    code, out, err = run(album / "3.png")
    assert (code, err) == (0, "")
    record = json.loads(out)
    assert record["source"] == str(album / "3.png")
    assert record["image_size"] == [60, 50]
    assert record["faces"][0]["emotion"] == "happy"
    assert record["faces"][0]["box"] == [0, 0, 60, 50]
    assert record["error"] is None


@pytest.mark.parametrize("threads", [1, 4])
def test_a_folder_in_the_order_of_its_names(run: Run, album: Path, threads: int) -> None:
    code, out, err = run(album, "--threads", threads, "--format", "json")
    assert code == 0
    assert emotions(json.loads(out)) == list(EMOTIONS)
    assert err == "ferkit: 7 images, 7 faces, 0 errors\n"
    _, out, _ = run(album, "-r", "--format", "json", "--threads", threads)
    assert emotions(json.loads(out)) == [*EMOTIONS, "neutral"]


def test_the_faces_of_a_table_without_labels(run: Run, tmp_path: Path) -> None:
    greys = [round(255 * (code + 0.5) / 7) for code in range(len(EMOTIONS))]
    rows = [" ".join([str(grey)] * 2304) for grey in greys]
    (tmp_path / "test.csv").write_text("\n".join(["pixels", *rows, "1 2 3"]) + "\n")
    code, out, err = run("test.csv", "--detector", "mtcnn", "--format", "json")
    records = json.loads(out)
    assert code == 1
    assert emotions(records) == list(EMOTIONS)
    assert [record["source"] for record in records] == [f"test.csv:{n}" for n in range(2, 10)]
    assert records[-1]["error"] == "expected 2304 pixels (48x48), found 3"
    assert err == "ferkit: 8 images, 7 faces, 1 error\n"
    code, out, err = run("test.csv", "--annotate", "drawn")
    assert (code, out) == (2, "")
    assert "test.csv is a table; omit one of them" in err


def test_every_file_of_the_corpus_has_a_record(run: Run, tmp_path: Path) -> None:
    """At least 60 odd and bad files: each has its record, and the right ones have an error."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    wanted = make_corpus(folder)
    named = [path for path in wanted if not os.path.isfile(path)]
    code, out, err = run(folder, *named, "--format", "json", "--threads", 3)
    assert code == 1
    records = {record["source"]: record for record in json.loads(out)}
    left_out = {printable(path) for path in wanted if path.endswith((".txt", ".py"))}
    assert set(records) == {printable(path) for path in wanted} - left_out
    assert len(records) >= 80
    for path, part in wanted.items():
        record = records[printable(path)]
        if part is None:
            assert record["error"] is None, path
            assert len(record["faces"]) == 1
            assert sorted(record["image_size"]) == [40, 60]
        else:
            assert part in record["error"]
            assert record["faces"] == []
            assert record["image_size"] is None
    errors = sum(part is not None for part in wanted.values())
    assert (
        err
        == f"ferkit: {len(wanted):,} images, {len(wanted) - errors:,} faces, {errors:,} errors\n"
    )
    schema(json.loads(out))


def schema(records: list[dict[str, Any]]) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator(record_schema()).validate(records)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_the_corpus_in_other_formats(run: Run, tmp_path: Path, kind: str) -> None:
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    folder = tmp_path / "corpus"
    folder.mkdir()
    wanted = {path for path in make_corpus(folder) if os.path.isfile(path)}
    code, out, _ = run(folder, "--out", f"out.{kind}", "--threads", 2)
    assert (code, out) == (1, "")
    path = tmp_path / f"out.{kind}"
    if kind == "parquet":
        import pyarrow.parquet as pq

        sources = pq.read_table(path).to_pydict()["source"]
    elif kind == "csv":
        with path.open(newline="", encoding="utf-8") as file:
            sources = [row["source"] for row in csv.DictReader(file)]
    else:
        sources = [json.loads(line)["source"] for line in path.read_text("utf-8").splitlines()]
    assert {printable(name) for name in wanted} <= set(sources)
    assert len(sources) == len(set(sources))


def test_a_rerun_resumes_where_the_first_stopped(
    run: Run, album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ferkit.inference.recognizer import EmotionRecognizer

    read, read_one = [], EmotionRecognizer.read

    def read_and_count(self: EmotionRecognizer, source: Any) -> Any:
        if len(read) == 4:
            raise KeyboardInterrupt
        read.append(Path(source).name)
        return read_one(self, source)

    monkeypatch.setattr(EmotionRecognizer, "read", read_and_count)
    code, _, err = run(album, "--out", "a.jsonl", "--threads", 1)
    assert code == 130
    assert "Interrupted" in err
    assert len(Path("a.jsonl").read_text().splitlines()) == 4
    read.clear()
    monkeypatch.setattr(EmotionRecognizer, "read", lambda s, p: read.append(p) or read_one(s, p))
    code, _, err = run(album, "--out", "a.jsonl", "--resume", "--threads", 1)
    assert code == 0
    assert len(read) == 3
    assert err == (
        "ferkit: 7 images (4 of them done before), 3 faces in the others, 0 errors; rows in "
        "a.jsonl\n"
    )
    records = [json.loads(line) for line in Path("a.jsonl").read_text().splitlines()]
    assert emotions(records) == list(EMOTIONS)


def test_an_error_counts_after_a_rerun_too(run: Run, album: Path) -> None:
    (album / "0.png").write_bytes(b"")
    assert run(album, "--out", "a.json")[0] == 1
    before = Path("a.json").read_text()
    code, _, err = run(album, "--out", "a.json", "--resume")
    assert code == 1
    assert "7 images (7 of them done before), 0 faces in the others, 1 error" in err
    assert Path("a.json").read_text() == before
    code, _, err = run(album, "--resume")
    assert code == 2
    assert "--resume needs the file" in err


def test_paths_from_standard_input(tiny_onnx: Path, album: Path) -> None:
    names = [os.fsencode(album / f"{code}.png") for code in (4, 1)]
    answer = ferkit("-", "--detector", "none", "--model", tiny_onnx, stdin=b"\n".join(names))
    assert emotions([json.loads(line) for line in answer.stdout.splitlines()]) == ["sad", "disgust"]


def ferkit(*arguments: object, stdin: bytes = b"", **options: Any) -> Any:
    typed = [sys.executable, "-m", "ferkit", "predict", *map(str, arguments)]
    return subprocess.run(typed, input=stdin, capture_output=True, check=False, **options)


def test_a_pipe_gets_neither_colours_nor_notices(tiny_onnx: Path, album: Path) -> None:
    environment = os.environ | {"FORCE_COLOR": "1", "TTY_COMPATIBLE": "1"}
    for kind in ("table", "csv", "jsonl"):
        answer = ferkit(
            album, "--model", tiny_onnx, "--detector", "none", "--format", kind, env=environment
        )
        assert answer.returncode == 0
        assert b"\x1b" not in answer.stdout
        assert b"ferkit:" not in answer.stdout
        assert answer.stdout.count(b"\n") == (7 if kind == "jsonl" else 8)


def test_a_closed_pipe_is_not_an_error(tiny_onnx: Path, album: Path) -> None:
    typed = f"{sys.executable} -m ferkit predict {album} --model {tiny_onnx} --detector none"
    answer = subprocess.run(
        ["bash", "-c", f"{typed} --threads 1 | head -c 1"], capture_output=True, check=False
    )
    assert answer.stdout == b"{"
    assert b"Traceback" not in answer.stderr
    assert b"BrokenPipe" not in answer.stderr


@pytest.mark.parametrize("closed", [">&- 2>&-", "<&-"])
def test_standard_streams_may_be_closed(
    tiny_onnx: Path, album: Path, tmp_path: Path, closed: str
) -> None:
    rows, options = tmp_path / "rows.jsonl", f"--model {tiny_onnx} --detector none"
    typed = f"{sys.executable} -m ferkit predict {album}/1.png {album}/4.png {options} --out {rows}"
    answer = subprocess.run(["bash", "-c", f"{typed} {closed}"], capture_output=True, check=False)
    assert (answer.returncode, b"Traceback" in answer.stderr) == (0, False)
    lines = rows.read_text("utf-8").splitlines()
    assert emotions([json.loads(line) for line in lines]) == ["disgust", "sad"]


def test_recognising_loads_neither_training_nor_tables(tiny_onnx: Path, album: Path) -> None:
    code = (
        "import sys\n"
        "from ferkit.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "except SystemExit:\n    pass\n"
        "heavy = {'tensorflow', 'keras', 'jax', 'pandas', 'matplotlib', 'sklearn', 'pyarrow', "
        "'rich', 'pooch'}\n"
        "print(*sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    typed = ["predict", album / "1.png", "--model", tiny_onnx, "--detector", "mtcnn"]
    answer = subprocess.run(
        [sys.executable, "-c", code, *map(str, typed)], capture_output=True, text=True, check=True
    )
    assert answer.stderr.strip() == ""
    assert json.loads(answer.stdout)["faces"] == []


def test_top_k_and_smallest_face(run: Run, album: Path) -> None:
    _, out, _ = run(album / "3.png", "--top-k", 2)
    probabilities = json.loads(out)["faces"][0]["probabilities"]
    assert next(iter(probabilities)) == "happy"
    assert len(probabilities) == 2
    assert json.loads(run(album / "3.png", "--min-face", 61)[1])["faces"] == []
    assert len(json.loads(run(album / "3.png", "--min-face", 60)[1])["faces"]) == 1
    _, out, _ = run(album / "3.png", "--top-k", 3, "--format", "table")
    assert out.splitlines()[1].count("%") == 3


def test_own_classes_of_an_own_model(run: Run, album: Path, make_onnx: Any, tmp_path: Path) -> None:
    model = make_onnx(tmp_path / "mood.onnx", ("calm", "tense"))
    code, out, _ = run(album, "--model", model, "--format", "csv")
    assert code == 0
    header, first, *_ = out.splitlines()
    assert header.endswith(",error,p_calm,p_tense")
    assert ",calm," in first


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nowhere"], 1, "1 error"),
        (["album/sub", "album/nothing"], 1, "2 images"),
        (["empty"], 1, "There is no picture in empty. Add --recursive to search subfolders."),
        (["empty", "-r"], 1, "There is no picture in empty.\n"),
        (["album", "--out", "a.txt"], 2, "not clear from its name"),
        (["album", "--format", "parquet"], 2, "Parquet needs a file"),
        (["album", "--model", "smal"], 2, "There is no model 'smal'"),
        (["album", "--model", "a.onnx"], 1, "There is no model a.onnx: no such file"),
        (["album", "--detector", "haar"], 2, "'haar' is not one of"),
        (["album", "--threads", "0"], 2, "0 is not in the range"),
        (["album", "--top-k", "0"], 2, "0 is not in the range"),
        (["album", "--min-face", "-1"], 2, "is not in the range"),
        (["album", "--min-face", "nan"], 2, "min_face expects pixels, 0 or more, not nan"),
        (["album", "--min-face", "inf"], 2, "min_face expects pixels, 0 or more, not inf"),
        ([""], 2, "A path is empty; name a file or a folder, or . for the current one"),
        (["album", ""], 2, "A path is empty"),
        ([], 2, "Missing argument"),
        (["album", "--out", "album/0.png/a.csv"], 1, "Cannot write"),
    ],
)
def test_exit_codes(run: Run, album: Path, arguments: list[str], code: int, words: str) -> None:
    Path("empty").mkdir()
    found, _, err = run(*arguments)
    # A single missing file is reported only in its row.
    if arguments == ["nowhere"]:
        words = ""
    assert (found, words in err) == (code, True), err
    assert "Traceback" not in err


def test_help_shows_examples(run: Run) -> None:
    code, out, _ = run("--help")
    assert code == 0
    assert "\n    ferkit predict photo.jpg\n" in out


def test_a_picture_is_named_in_the_table(run: Run, album: Path) -> None:
    picture().save(album / "9.png")
    _, out, _ = run(album / "9.png", album / "missing.jpg", "--format", "table")
    assert out.splitlines()[-1].endswith("error: there is no such file")


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX has them")
def test_ctrl_c_leaves_whole_rows(tiny_onnx: Path, album: Path, tmp_path: Path) -> None:
    for number in range(600):
        os.link(album / "3.png", album / f"copy{number:04}.png")
    out = tmp_path / "a.json"
    typed = [sys.executable, "-m", "ferkit", "predict", album, "--out", out, "--threads", 2]
    typed += ["--model", tiny_onnx, "--detector", "none"]
    process = subprocess.Popen(
        [str(word) for word in typed],
        stderr=subprocess.PIPE,
        # A shell may make its background jobs ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    deadline = time.monotonic() + 60
    while not (out.exists() and out.stat().st_size > 1000) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.decode().splitlines()[-1] == "Interrupted."
    assert b"Traceback" not in err
    assert 0 < len(json.loads(out.read_text())) < 607
    assert ferkit(album, "--out", out, "--resume", *typed[-4:]).returncode == 0
    sources = [record["source"] for record in json.loads(out.read_text())]
    assert len(sources) == len(set(sources)) == 607


def test_rows_never_replace_a_photo(run: Run, album: Path) -> None:
    """`ferkit predict --format csv --out *.jpg`: the shell makes the first photo the output."""
    photos = sorted(album.glob("*.png"))
    before = photos[0].read_bytes()
    code, _, err = run("--format", "csv", "--out", *photos)
    assert code == 2
    assert "0.png is the name of a picture, and csv is none; name a file such as 0.csv." in err
    assert run("--format", "csv", "--out", *photos, "--overwrite")[0] == 2
    assert photos[0].read_bytes() == before


def test_a_user_file_is_replaced_only_on_request(run: Run, album: Path) -> None:
    table = album.parent / "mine.csv"
    table.write_text("name,age\nAda,36\n")
    code, _, err = run(album, "--out", table)
    assert code == 2
    assert err.endswith("was not written by ferkit; name another file. --overwrite replaces it.\n")
    assert table.read_text() == "name,age\nAda,36\n"
    assert run(album, "--out", table, "--overwrite")[0] == 0
    assert run(album, "--out", table)[0] == 0, "the rows of before are ferkit's"


@pytest.mark.parametrize("kind", ["csv", "jsonl", "json"])
def test_another_model_or_detector_is_not_resumed(
    run: Run, album: Path, tmp_path: Path, kind: str
) -> None:
    out = tmp_path / f"rows.{kind}"
    assert run(album, "--out", out)[0] == 0
    before = out.read_bytes()
    code, _, err = run(album, "--out", out, "--resume", "--min-face", 5)
    assert code == 2
    assert "was written with min_face 0.0, not 5.0; continue with the same" in err
    code, _, err = run(album, "--out", out, "--resume", "--model", "nano")
    assert code == 2
    assert "was written with model 'brightness', not 'nano" in err
    assert out.read_bytes() == before
    assert run(album, "--out", out, "--resume")[0] == 0


def test_cut_out_faces_get_a_hint(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        Image.new("L", (48, 48), 90).save(tmp_path / f"{number}.png")
    code, _, err = run(tmp_path, "--detector", "mtcnn", "--format", "csv")
    assert code == 0
    assert "if they are faces that are already cropped, add --detector none." in err
    assert "already cropped" not in run(tmp_path, "--format", "csv")[2]


def test_an_address_names_the_command_that_opens_it(run: Run) -> None:
    code, out, _ = run("rtsp://10.0.0.7/live", "--format", "json")
    assert code == 1
    assert "a camera with: ferkit camera ADDRESS" in json.loads(out)[0]["error"]
