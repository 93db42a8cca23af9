"""Sinks: complete files with equal content in each format, flushed record by record, resumed after
a kill.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from ferkit.errors import MissingDependencyError, OutputError, UsageError
from ferkit.inference.records import error_record, make_record
from ferkit.inference.results import FaceEmotions
from ferkit.inference.sinks import open_sink
from ferkit.inference.sinks.resume import read_done
from ferkit.labels import EMOTIONS

NAMES = ["a.jpg", 'quote"comma,.jpg', "new\nline.jpg", "üñí 😀.jpg", "empty.jpg", "last.jpg"]


def records() -> list[dict[str, Any]]:
    faces = FaceEmotions(
        [[0, 0, 10, 10], [1, 2, 3, 4]], [0.9, 0.8], [[1, 0, 0, 0, 0, 0, 0]] * 2, (64, 48)
    )
    one = [make_record(name, faces) for name in NAMES[:4]]
    return [*one, error_record(NAMES[4], "the file is empty"), make_record(NAMES[5], faces[:0])]


def write(path: Path, some: list[dict[str, Any]], *, resume: bool = False) -> set[str]:
    with open_sink(path, EMOTIONS, resume=resume) as sink:
        for record in some:
            if record["source"] not in sink.done.sources:
                sink.write(record)
    return sink.done.sources


def test_json_and_json_lines_hold_the_records(tmp_path: Path) -> None:
    write(tmp_path / "a.json", records())
    assert json.loads((tmp_path / "a.json").read_text("utf-8")) == records()
    write(tmp_path / "a.jsonl", records())
    lines = (tmp_path / "a.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == records()
    write(tmp_path / "none.json", [])
    assert json.loads((tmp_path / "none.json").read_text()) == []


def test_csv_has_a_row_for_each_face(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", records())
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["source"] for row in rows] == [
        *(n for n in NAMES[:4] for _ in range(2)),
        *NAMES[4:],
    ]
    assert rows[0]["p_angry"] == "1.0"
    assert (rows[-2]["error"], rows[-2]["image_width"]) == ("the file is empty", "")
    assert (rows[-1]["error"], rows[-1]["image_width"], rows[-1]["face"]) == ("", "64", "")


def test_parquet_has_typed_columns(tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    write(tmp_path / "a.parquet", records())
    table = pq.read_table(tmp_path / "a.parquet").to_pydict()
    assert table["source"][-2:] == NAMES[4:]
    assert table["face"] == [0, 1] * 4 + [None, None]
    assert table["uncertain"][:1] == [False]
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


@pytest.mark.skipif(sys.platform != "linux", reason="names are text on this system")
@pytest.mark.parametrize("kind", ["csv", "json", "jsonl", "parquet"])
def test_a_name_that_is_not_utf8_is_written(kind: str, tmp_path: Path) -> None:
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    write(tmp_path / os.fsdecode(b"caf\xe9." + kind.encode()), records())
    write(tmp_path / f"plain.{kind}", records())
    odd, plain = sorted(tmp_path.iterdir())
    assert odd.read_bytes() == plain.read_bytes()


def test_parquet_without_its_library_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "ferkit\[tables\]"'):
        open_sink(tmp_path / "a.parquet", EMOTIONS)


@pytest.mark.parametrize("kind", ["json", "jsonl", "csv"])
def test_rows_are_flushed_as_they_arrive(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    sink = open_sink(path, EMOTIONS)
    lengths = []
    for record in records():
        sink.write(record)
        lengths.append(path.stat().st_size)
    assert lengths == sorted(set(lengths)), "every record made it longer"
    sink.close()


@pytest.mark.parametrize("kind", ["json", "jsonl", "csv"])
def test_a_file_that_was_cut_off_anywhere_is_completed(tmp_path: Path, kind: str) -> None:
    whole = tmp_path / f"whole.{kind}"
    write(whole, records())
    content = whole.read_bytes()
    for length in range(0, len(content) + 1, 11):
        path = tmp_path / f"cut.{kind}"
        path.write_bytes(content[:length])
        write(path, records(), resume=True)
        assert path.read_bytes().rstrip() == content.rstrip(), f"cut off after {length} bytes"


@pytest.mark.parametrize("kind", ["json", "jsonl", "csv"])
def test_resume_skips_finished_sources(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    assert write(path, records()[:5], resume=True) == set(), "a new file"
    done = read_done(path, kind, EMOTIONS)
    # Of a CSV the last source may lack rows, so that it is done again.
    assert done.sources == set(NAMES[: 4 if kind == "csv" else 5])
    assert done.errors == (0 if kind == "csv" else 1)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "name,age\nAda,36\n", "its columns are others"),
        ("a.jsonl", '{"a": 1}\n{"b": 2}\n', "a line in the middle is not a record"),
        ("a.json", "hello\nthere\n", "a line in the middle is not a record"),
        ("a.parquet", "", "resumed as json, jsonl or csv"),
    ],
)
def test_another_file_is_not_resumed(tmp_path: Path, name: str, content: str, words: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(UsageError, match=words):
        open_sink(path, EMOTIONS, resume=True)
    assert path.read_text() == content, "it is as it was"


def test_a_csv_of_another_model_is_not_resumed(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", records())
    with pytest.raises(UsageError, match="its columns are others"):
        open_sink(tmp_path / "a.csv", ("calm", "tense"), resume=True)


@pytest.mark.parametrize("kind", ["json", "jsonl"])
@pytest.mark.parametrize(
    "other", [("calm", "tense"), (*EMOTIONS, "contempt"), EMOTIONS[:6], (*EMOTIONS[:6], "calm")]
)
def test_json_of_another_model_is_not_resumed(
    tmp_path: Path, kind: str, other: tuple[str, ...]
) -> None:
    path = tmp_path / f"a.{kind}"
    write(path, records())
    before = path.read_bytes()
    with pytest.raises(UsageError, match="its emotions are others"):
        open_sink(path, other, resume=True)
    with pytest.raises(UsageError, match="or another number"):
        open_sink(path, EMOTIONS, resume=True, top_k=2)
    assert path.read_bytes() == before
    open_sink(path, EMOTIONS, resume=True, top_k=9).close()


def test_rows_with_another_number_of_emotions_are_not_resumed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    faces = FaceEmotions([[0, 0, 9, 9]], [0.9], [[0.1, 0.2, 0.7, 0, 0, 0, 0]], (64, 48))
    write(path, [make_record(name, faces, top_k=2) for name in ("a.jpg", "b.jpg", "c.jpg")])
    before = path.read_bytes()
    for top_k, kept in ((None, 7), (3, 3)):
        with pytest.raises(UsageError, match=f"it has 2 probabilities of a face, not {kept}"):
            open_sink(path, EMOTIONS, resume=True, top_k=top_k)
    assert path.read_bytes() == before
    assert read_done(path, "csv", EMOTIONS, top_k=2).sources == {"a.jpg", "b.jpg"}


@pytest.mark.parametrize("kind", ["json", "jsonl"])
def test_json_with_the_likeliest_emotions_is_resumed(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    faces = FaceEmotions([[0, 0, 9, 9]], [0.9], [[0.1, 0.2, 0.7, 0, 0, 0, 0]], (64, 48))
    write(path, [make_record("a.jpg", faces, top_k=2)])
    assert read_done(path, kind, EMOTIONS, top_k=2).sources == {"a.jpg"}


def test_without_resume_the_file_is_made_anew(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", records())
    write(tmp_path / "a.jsonl", records()[:1])
    assert len((tmp_path / "a.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize("kind", ["json", "jsonl", "csv"])
def test_a_file_that_another_process_writes_is_left_alone(tmp_path: Path, kind: str) -> None:
    pytest.importorskip("fcntl")
    path = tmp_path / f"a.{kind}"
    busy = rf"^Another process writes .*a\.{kind}; wait for it, or name another file\.$"
    with open_sink(path, EMOTIONS, settings={"views": 1}) as sink:
        sink.write(records()[0])
        with pytest.raises(OutputError, match=busy):
            open_sink(path, EMOTIONS, settings={"views": 2})
        for record in records()[1:3]:
            sink.write(record)
        with pytest.raises(OutputError, match=busy):
            open_sink(path, EMOTIONS, settings={"views": 1}, resume=True)
        for record in records()[3:]:
            sink.write(record)
    with pytest.raises(UsageError, match="was written with views 1, not 2"):
        open_sink(path, EMOTIONS, resume=True, settings={"views": 2})
    assert write(path, records(), resume=True) >= set(NAMES[:-1])


def test_an_unwritable_place_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for kind in ("csv", "json", "parquet"):
        with pytest.raises(OutputError, match="Cannot write"):
            open_sink(tmp_path / "file" / f"a.{kind}", EMOTIONS)


def test_a_full_disk_is_an_output_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = open_sink(tmp_path / "a.jsonl", EMOTIONS)

    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(sink.stream, "_file", Full())  # type: ignore[attr-defined]
        with pytest.raises(
            OutputError, match=r"a\.jsonl: No space left on device\. Free some space"
        ):
            sink.write(records()[0])
    sink.close()


def test_a_failure_inside_the_block_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"

    def half() -> None:
        with open_sink(path, EMOTIONS) as sink:
            sink.write(records()[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert json.loads(path.read_text("utf-8")) == records()[:1]


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("a.txt", {}, "not clear from its name"),
        ("a", {}, "not clear from its name"),
        ("a.csv", {"format_name": "xlsx"}, "There is no format 'xlsx'; choose from json, jsonl"),
        (None, {"format_name": "parquet"}, "The format parquet needs a file"),
        (None, {"resume": True}, "Resuming an output needs a file"),
    ],
)
def test_an_output_that_cannot_be_opened_is_refused(
    tmp_path: Path, name: str | None, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        open_sink(tmp_path / name if name else None, EMOTIONS, **options)
    assert not list(tmp_path.iterdir())


def test_rows_go_into_a_pipe_with_a_name(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes with names on this system")
    pipe, read = tmp_path / "rows.csv", []
    os.mkfifo(pipe)
    # Daemons, since a reader or writer alone would wait forever.
    reader = threading.Thread(target=lambda: read.append(pipe.read_text("utf-8")), daemon=True)

    def write_rows() -> None:
        with open_sink(pipe, EMOTIONS, settings={"model": "nano"}) as sink:
            for record in records():
                sink.write(record)

    writer = threading.Thread(target=write_rows, daemon=True)
    for thread in (writer, reader):
        thread.start()
    for thread in (writer, reader):
        thread.join(10)
    assert list(tmp_path.iterdir()) == [pipe]
    write(tmp_path / "file.csv", records())
    assert read == [(tmp_path / "file.csv").read_text("utf-8")]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("kind", ["csv", "jsonl", "json"])
def test_the_last_rows_on_a_full_disk_are_an_output_error(kind: str) -> None:
    full = pytest.raises(OutputError, match="No space left on device")
    with full, open_sink("/dev/full", EMOTIONS, format_name=kind) as sink:
        sink.write(records()[0])


def test_standard_output_may_take_only_text() -> None:
    with contextlib.redirect_stdout(io.StringIO()) as shown, open_sink(None, EMOTIONS) as sink:
        for record in records():
            sink.write(record)
    assert [json.loads(line) for line in shown.getvalue().splitlines()] == records()


@pytest.mark.parametrize("place", [".", "/"])
def test_a_folder_without_a_name_is_not_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match="Is a directory"):
        open_sink(place, EMOTIONS, format_name="csv", resume=True, settings={"model": "a"})
    assert not list(tmp_path.iterdir())
