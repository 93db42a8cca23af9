"""Counts and simulations in the benchmarks of recognition at scale."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

import scale
import scale_material
from ferkit.scale import ScaleOptions
from ferkit.scale.worker import Worker
from scale_runs import Watched
from scale_simulation import simulate


def test_damaged_pictures_are_those_that_have_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyarrow")
    monkeypatch.setattr(scale_material, "_BOMB_SIDE", 40)
    scale_material.make_small(tmp_path / "pictures", 52)
    damaged = scale_material.damage(tmp_path / "pictures")
    assert [Path(name).name for name in sorted(damaged)] == ["000025.png", "000050.png"]
    worker = Worker(ScaleOptions("nano-fer2013", "none"), str(tmp_path / "rows"))
    found = {name: next(iter(worker.records(name)))["error"] for name in sorted(damaged)}
    assert [error is None for error in found.values()] == [True, False]  # so small, no bomb


def test_fate_of_sources_counts_missing_and_twice(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    options = argparse.Namespace(photos=3, model="nano-fer2013", detector="none")
    bench = scale.Bench(options, "small", tmp_path)
    bench.command("local", 1, bench.pictures)
    bench.out.mkdir()
    a, b, c = (f"{name}.png" for name in "abc")
    for number, (names, errors) in enumerate([((a, b), (None, "broken")), ((a,), (None,))]):
        table = pa.table({"source": list(names), "error": pa.array(errors, pa.string())})
        pq.write_table(table, bench.out / f"part-{number:08d}.parquet")
    bench.damaged = {c}
    assert bench.parts() == 2
    assert bench.fate({a, b, c}) == {
        "missing": 1,
        "twice": 1,
        "damaged": 1,
        "damaged_named": 0,
        "other_errors": 1,
    }


def test_growth_compares_the_last_quarter_with_the_second() -> None:
    memory = [(second, 100.0, 200.0 + 10 * (second >= 6)) for second in range(8)]
    figures = Watched(seconds=8, memory=memory).figures()
    assert (figures["driver_growth_mb"], figures["worker_growth_mb"]) == (0, 10)


def test_a_slow_driver_costs_many_workers_more_than_few() -> None:
    costs = {"part_size": 50, "seconds_a_picture": 0.02, "start_s": 0.0, "hours_to_death": 1e9}
    found = {
        (workers, ms): simulate(workers, 100_000, driver_s=ms / 1000, **costs)["efficiency"]
        for workers in (1, 500)
        for ms in (0, 5)
    }
    assert found[1, 0] == pytest.approx(1, abs=0.02)
    assert found[1, 5] == pytest.approx(1, abs=0.03)
    assert found[500, 5] < 0.5 < found[500, 0]
