"""Scores, order and tables of the comparison with peers."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

from contenders.client import Contender
from peers import Rows, own_contenders, scores, turned
from peers_table import fastest, full_table, gather, read_results, short_table
from record import read_record, shown_command, write_record


def test_scores_are_those_of_scikit_learn_and_leave_twins_out() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 7, 200)
    predicted = np.where(rng.random(200) < 0.6, labels, rng.integers(0, 7, 200))
    twins = rng.random(200) < 0.1
    found = scores(predicted, Rows(np.zeros(200), labels, twins))
    assert found["accuracy"] == pytest.approx((predicted == labels).mean())
    assert found["clean_accuracy"] == pytest.approx((predicted == labels)[~twins].mean())
    assert found["macro_f1"] == pytest.approx(f1_score(labels, predicted, average="macro"))


def test_an_emotion_that_fer2013_lacks_is_a_wrong_answer() -> None:
    rows = Rows(np.zeros(7), np.arange(7), np.zeros(7, bool))
    found = scores(np.array([0, 1, 2, 3, 4, 5, -1]), rows)
    assert found["accuracy"] == pytest.approx(6 / 7)
    assert found["macro_f1"] == pytest.approx(6 / 7)


def test_every_contender_comes_first_in_some_round() -> None:
    three = [Contender(n, "", False, Path(), Path(), ()) for n in "abc"]
    firsts = [[c.name for c in turned(three, number)] for number in range(4)]
    assert firsts == [["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"], ["a", "b", "c"]]


def test_an_onnx_file_is_a_contender_by_its_name() -> None:
    (contender,) = own_contenders(["somewhere/mine.onnx"])
    assert (contender.name, contender.peer) == ("mine", False)
    assert contender.arguments == ("somewhere/mine.onnx",)


def rows_of(model: str, way: str, peer: bool, speeds: dict[tuple[int, int], list[float]], **scored):
    about = {"model": model, "way": way, "peer": int(peer), "parameters": 58423 if peer else ""}
    for measure, value in scored.items():
        threads = {"threads": 1, "batch": 256, "round": 0}
        yield {**about, "measure": measure, "value": value, **threads}
    for (threads, batch), values in speeds.items():
        for number, value in enumerate(values):
            place = {"threads": threads, "batch": batch, "round": number}
            yield {**about, "measure": "images_per_second", "value": value, **place}


@pytest.fixture
def records() -> list[dict[str, Any]]:
    return [
        *rows_of(
            "nano",
            "EmotionClassifier",
            False,
            {(1, 1): [3000, 2000, 4000]},
            accuracy=0.7,
            load_s=0.2,
        ),
        *rows_of(
            "fer", "slow", True, {(1, 1): [100, 90, 110]}, accuracy=0.65, load_s=3, peak_mb=700
        ),
        *rows_of(
            "fer", "fast", True, {(1, 1): [1000, 800, 1500]}, accuracy=0.66, load_s=4, peak_mb=500
        ),
    ]  # fmt: skip


def test_the_short_table_compares_with_the_peers_fastest_way(records: list[dict[str, Any]]) -> None:
    header, _, fer, nano = short_table(gather(records)).splitlines()
    assert header.startswith("| model | parameters | test | clean | macro F1 | 1 thread, batch 1 |")
    assert [c.strip() for c in fer.split("|")[1:]] == [
        "fer", "58,423", "66.00 %", "", "", "1,000", "", "", "", "3.00 s", "500 MB", "",
    ]  # fmt: skip
    assert [c.strip() for c in nano.split("|")[1:7]] == [
        "nano-fer2013", "", "70.00 %", "", "", "3,000 (3.0 x)",
    ]  # fmt: skip


def test_the_full_table_has_each_way_with_its_spread(records: list[dict[str, Any]]) -> None:
    lines = full_table(gather(records)).splitlines()[2:]
    assert [line.split(" | ")[1] for line in lines] == ["`slow`", "`fast`", "`EmotionClassifier`"]
    assert "1,000 (800 to 1,500)" in lines[1]
    assert fastest(gather(records), "fer", 1, 1) == 1000
    assert fastest(gather(records), "fer", 2, 1) is None


def test_a_record_comes_back_as_it_was_written(
    records: list[dict[str, Any]], tmp_path: Path
) -> None:
    file = tmp_path / "records" / "peers.csv"
    assert read_results(file) == []
    write_record(file, records)
    assert full_table(read_results(file)) == full_table(gather(records))
    assert set(read_record(file)[0]) >= {"commit", "processor", "cores", "numpy", "value"}


def test_a_record_keeps_the_given_contenders(tmp_path: Path) -> None:
    file = tmp_path / "speedrun.csv"
    write_record(file, [{"device": "gpu", "seconds": 9}])
    write_record(file, [{"device": "cpu", "seconds": 900, "note": "new"}], keep=lambda row: True)
    write_record(file, [{"device": "cpu", "seconds": 800}], keep=lambda row: row["device"] != "cpu")
    rows = read_record(file)
    assert [(row["device"], row["seconds"]) for row in rows] == [("gpu", "9"), ("cpu", "800")]


def test_a_command_is_shown_without_the_paths_of_the_machine() -> None:
    data = SimpleNamespace(table="/home/me/data/fer.csv", model="/home/me/data/models/a.onnx")
    given = ["--data", data.table, "--model", data.model, "--keras-file", f"b={data.model}"]
    shown = shown_command("benchmarks/peers.py", given, data.table, data.model)
    assert shown == (
        "python benchmarks/peers.py --data DATA/fer.csv --model DATA/a.onnx --keras-file "
        "b=DATA/a.onnx"
    )
    assert shown_command("x.py", ["--data", "fer.csv"], "fer.csv") == "python x.py --data fer.csv"
