"""Records follow the schema, and their flat rows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ferkit.errors import ImageError
from ferkit.inference.face_row import columns
from ferkit.inference.records import (
    error_record,
    flat_rows,
    make_record,
    printable,
    record_schema,
)
from ferkit.inference.results import FaceEmotions
from ferkit.labels import EMOTIONS


def two_faces(**more: Any) -> FaceEmotions:
    probabilities = [[0.1, 0, 0, 0.6, 0.3, 0, 0], [0, 0, 0, 0, 0, 0, 1.0]]
    boxes = [[0, 0, 10, 10], [1.04, 2, 30, 40.06]]
    return FaceEmotions(boxes, [0.9, 0.8], probabilities, (640, 480), **more)


def test_a_record_has_every_required_field() -> None:
    schema = record_schema()["$defs"]
    record = make_record("a.jpg", two_faces(time_s=1 / 3, track_id=[4, -1]))
    assert set(record) == set(schema["record"]["required"])
    assert set(record["faces"][0]) == set(schema["face"]["required"])
    assert record["image_size"] == [640, 480]
    assert record["time_s"] == 0.333333
    assert record["faces"][1]["box"] == [1.0, 2.0, 30.0, 40.1]
    assert record["faces"][0]["track_id"] == 4
    assert set(error_record("a.jpg", "broken")) == set(schema["record"]["required"])


def test_records_are_valid_by_the_published_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = record_schema()
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    good = [
        make_record("a.jpg", two_faces()),
        make_record("b.jpg", two_faces(time_s=0.5, track_id=[1, 2]), top_k=1),
        make_record("c.jpg", FaceEmotions.empty((1, 1))),
        error_record("d.jpg", ImageError("the file is empty")),
    ]
    validator.validate(json.loads(json.dumps(good, allow_nan=False)))
    for change in (
        {"faces": None},
        {"image_size": None},
        {"image_size": [0, 5]},
        {"error": "broken"},
        {"more": 1},
        {"time_s": "0.5"},
    ):
        assert not validator.is_valid([good[0] | change]), change


def test_one_definition_feeds_json_rows_and_pandas() -> None:
    pytest.importorskip("pandas")
    faces = two_faces(time_s=0.5, track_id=[4, -1])
    table = faces.to_pandas()
    names = [column.name for column in columns(EMOTIONS)]
    assert list(table.columns) == [name for name in names if name not in ("source", "error")]
    for row, (_, cells) in zip(
        flat_rows(make_record("a.jpg", faces)), table.iterrows(), strict=True
    ):
        assert set(row) == set(names)
        for column in columns(EMOTIONS):
            value = row[column.name]
            if column.name in table and column.kind == "number":
                assert value == pytest.approx(cells[column.name], abs=0.6 * 10**-column.digits)
            elif column.name in table:
                assert value == cells[column.name]


def test_what_a_stream_yields_becomes_a_record() -> None:
    record = make_record("bad.jpg", ImageError("the file is empty"))
    assert record == error_record("bad.jpg", "the file is empty")
    assert make_record(7, two_faces())["source"] == "7"


def test_top_k_keeps_the_most_likely() -> None:
    faces = make_record("a.jpg", two_faces(), top_k=2)["faces"]
    assert list(faces[0]["probabilities"]) == ["happy", "sad"]
    assert faces[1]["probabilities"] == {"neutral": 1.0, "angry": 0.0}


def test_a_row_for_each_face_and_for_each_picture_without_one() -> None:
    rows = flat_rows(make_record("a.jpg", two_faces()))
    assert [row["face"] for row in rows] == [0, 1]
    assert set(rows[0]) == {column.name for column in columns(EMOTIONS)}
    assert (rows[1]["x2"], rows[1]["p_neutral"], rows[1]["image_width"]) == (30, 1, 640)
    (row,) = flat_rows(make_record("b.jpg", FaceEmotions.empty((640, 480))))
    assert (row["source"], row["image_height"], row["error"]) == ("b.jpg", 480, None)
    (row,) = flat_rows(error_record("c.jpg", "the file is empty"))
    assert (row["image_width"], row["error"]) == (None, "the file is empty")


def test_text_is_always_unicode() -> None:
    assert printable("caf\udce9 ü 😀") == "caf\\udce9 ü 😀"
    assert error_record("a", "bad \udcff")["error"] == "bad \\udcff"
    json.dumps(error_record("a", "bad \udcff"), ensure_ascii=False).encode("utf-8")
