"""When the table of targets calls a target reached, missed or not run."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from ferkit.files import write_json
from peers_table import gather
from targets import (
    Target,
    of_base,
    of_calibration,
    of_ferplus,
    of_model,
    of_peers,
    of_speedrun,
    targets_table,
)


def splits(validation: float, test: float) -> dict[str, Any]:
    return {"validation": {"accuracy": validation}, "test": {"accuracy": test}}


def card(seeds: tuple[float, ...] = (), *, extra: bool = False, **test: float) -> dict[str, Any]:
    """Return the card that `ferkit.export.shipping.ship.ship` writes, reduced to what the table
    reads.
    """
    return {
        "training": {"extra_labels": extra},
        "seeds": {"runs": [{"test": seed} for seed in seeds]},
        "evaluation": {"tta": {"none": {"test": test}}},
    }


@pytest.mark.parametrize(
    ("value", "level"),
    [(None, ""), (68.5, "missed"), (68.6, "must"), (70.0, "target"), (71.2, "stretch")],
)
def test_a_level_is_the_hardest_bound_met(value: float | None, level: str) -> None:
    assert Target("nano", (68.6, 70, 71)).level(value) == level


def test_less_is_better_for_times_and_errors() -> None:
    time = Target("time", (30, 15, 8), "min", rising=False)
    assert [time.level(v) for v in (31, 30, 15, 7)] == ["missed", "must", "target", "stretch"]
    assert Target("ensemble", (None, 75.2, 76.5)).level(75.0) == "missed"


def test_seeds_are_averaged_and_the_better_way_on_validation_counts() -> None:
    runs = {
        ("nano", "fer2013", False): [splits(0.66, 0.75), splits(0.68, 0.77)],
        ("nano", "fer2013", True): [splits(0.69, 0.70), splits(0.69, 0.72)],
        ("nano", "ferplus-majority", True): [splits(0.99, 0.99)],
    }
    reached = of_model("nano", runs, {})
    assert reached.value == pytest.approx(71)
    assert reached.text == "71.00 % ± 1.41, 2 seeds, extra labels"
    assert of_model("small", runs, {}).value is None


def test_a_shipped_model_counts_by_the_mean_of_its_seeds() -> None:
    shipped = card((0.70, 0.72, 0.71), extra=True, accuracy=0.715)
    runs = {("small", "fer2013", False): [splits(0.99, 0.99)]}
    reached = of_model("small", runs, {"small-fer2013": shipped})
    assert reached.value == pytest.approx(71)
    assert reached.text == "71.00 % ± 1.00, 3 seeds, extra labels; shipped file 71.50 %"


def test_base_counts_with_the_views_that_are_best_on_validation() -> None:
    base = card((0.72,))
    base["evaluation"]["tta"] |= {
        "flip": splits(0.72, 0.75),
        "ten": splits(0.73, 0.74),
    }
    reached = of_base("accuracy", {"base-fer2013": base})
    assert (reached.value, reached.text) == (74.0, "74.00 %, views: ten, shipped file of 1 seed")


def test_the_worst_calibrated_model_counts() -> None:
    reached = of_calibration({"nano": card(ece=0.012), "small": card(ece=0.024)})
    assert reached.value == pytest.approx(2.4)
    assert reached.text == "nano 1.20 %, small 2.40 %"


def speed(device: str, kind: str, seconds: float, accuracy: float) -> dict[str, str]:
    about = {"device": device, "kind": kind, "extra_labels": "0"}
    return {**about, "seconds": str(seconds), "test_accuracy": str(accuracy)}


def test_a_time_counts_only_with_its_accuracy() -> None:
    rows = [speed("cpu", "cold", 600, 0.68), speed("cpu", "warm", 540, 0.66)]
    reached = of_speedrun(rows, "cpu", 67, 60)
    assert reached.value == 10
    assert reached.text == "10.0 min (1 run) to 67.00 % ± 1.41, 2 seeds"
    missed = of_speedrun([speed("cpu", "cold", 60, 0.6)], "cpu", 67, 60)
    assert Target("time", (30, 15, 8), rising=False).level(missed.value) == "missed"


def test_the_votes_heads_of_all_seeds_have_a_mean(tmp_path: Path) -> None:
    assert of_ferplus([]).value is None
    for seed, accuracy in enumerate((0.87, 0.88)):
        write_json(tmp_path / f"{seed}.json", {"splits": {"test": {"accuracy": accuracy}}})
    reached = of_ferplus(sorted(tmp_path.glob("*.json")))
    assert reached.value == pytest.approx(87.5)
    assert reached.text == "87.50 % ± 0.71, 2 seeds (votes.keras of the runs)"


def test_without_a_gpu_the_row_says_so() -> None:
    reached = of_speedrun([speed("cpu", "cold", 600, 0.68)], "gpu", 70, 1)
    assert reached.value is None
    assert reached.text.startswith("not run; command: ")


def measured(model: str, peer: int, accuracy: float, one: float, two: float) -> list[dict]:
    about = {"model": model, "way": "w", "peer": peer, "parameters": ""}
    return [
        {**about, "measure": "accuracy", "threads": 1, "batch": 256, "value": accuracy},
        {**about, "measure": "images_per_second", "threads": 1, "batch": 1, "value": one},
        {**about, "measure": "images_per_second", "threads": 2, "batch": 1, "value": two},
    ]


def test_a_faster_but_worse_model_beats_no_peer() -> None:
    records = [
        *measured("fer", 1, 0.65, 100, 150),
        *measured("tiny", 0, 0.64, 9000, 9000),
        *measured("nano", 0, 0.70, 400, 450),
        *measured("small", 0, 0.73, 200, 900),
    ]
    reached = of_peers(gather(records))
    assert reached.value == pytest.approx(3)
    assert reached.text == "fer: 3.0 x (nano-fer2013)"
    beaten = of_peers(gather([*records, *measured("better", 1, 0.8, 1, 1)]))
    assert beaten.value == 0
    assert beaten.text.endswith("better: none is more accurate")
    untrained = [r for r in measured("big_XCEPTION", 1, 0, 50, 150) if r["measure"] != "accuracy"]
    both = of_peers(gather([*records, *untrained]))
    assert both.value == pytest.approx(3)
    assert both.text == "fer: 3.0 x (nano-fer2013), big_XCEPTION, by speed alone: 60.0 x (tiny)"


def test_a_checkout_with_no_records_gets_a_whole_table(tmp_path: Path) -> None:
    lines = targets_table(tmp_path).splitlines()
    assert len(lines) == 12
    assert all("not run" in line for line in lines[2:])


def test_a_checkout_with_records_gets_its_figures(tmp_path: Path) -> None:
    run = tmp_path / "records" / "runs" / "small-0"
    run.mkdir(parents=True)
    write_json(run / "config.json", {"recipe": "small"})
    write_json(run / "metrics.json", {"splits": splits(0.68, 0.701)})
    weights = tmp_path / "src" / "ferkit" / "weights"
    weights.mkdir(parents=True)
    write_json(weights / "nano-fer2013.json", card((0.705,), accuracy=0.704, ece=0.009))
    with (tmp_path / "records" / "speedrun.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(speed("cpu", "cold", 1, 1)))
        writer.writeheader()
        writer.writerow(speed("cpu", "cold", 840, 0.675))
    table = targets_table(tmp_path)
    assert "| 70.50 %, 1 seed; shipped file 70.40 % | target |" in table
    assert "| 70.10 %, 1 seed | must |" in table
    assert "| nano-fer2013 0.90 % | stretch |" in table
    assert "| 14.0 min (1 run) to 67.50 %, 1 seed | target |" in table
