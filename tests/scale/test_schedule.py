"""Scheduling of shards, each done once, with engines whose workers die on demand."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from ferkit.errors import OutputError
from ferkit.scale.schedule import ScaleSummary, run_shards
from ferkit.scale.shards import Shard, ShardDone, cut, size_for
from ferkit.scale.store import Store


class FakeEngine:
    """Workers that write the names of their sources, and die on given ones."""

    workers = 3

    def __init__(self, store: Store, deadly: dict[str, int] | None = None) -> None:
        self.store = store
        self.deadly = Counter(deadly or {})
        self.waiting: list[Shard] = []
        self.runs: Counter[str] = Counter()
        self.stop_after: int | None = None

    def submit(self, shard: Shard) -> None:
        assert len(self.waiting) < self.workers
        self.waiting.append(shard)

    def wait(self) -> tuple[Shard, ShardDone | None]:
        shard = self.waiting.pop(len(self.waiting) // 2)
        self.runs[shard.file_name] += 1
        if self.stop_after is not None and self.runs.total() > self.stop_after:
            raise OutputError("the disk is full")
        for name in shard.sources:
            if self.deadly[name] > 0:
                self.deadly[name] -= 1
                return shard, None
        with self.store.part(shard.file_name) as path:
            path.write_text("\n".join(shard.sources))
        return shard, ShardDone(shard.number, len(shard.sources), 1, 0, (shard.file_name,))

    def close(self) -> None:
        pass


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(str(tmp_path / "out"))
    store.write_plan({}, cut((f"{n:02d}.jpg" for n in range(20)), part_size=4))
    return store


def run(store: Store, engine: FakeEngine) -> ScaleSummary:
    def give_up(shard: Shard, reason: str) -> ShardDone:
        with store.part(shard.file_name) as path:
            path.write_text(f"{shard.sources[0]}: {reason}")
        return ShardDone(shard.number, 1, 0, 1, (shard.file_name,))

    return run_shards(store, engine, give_up, lambda _: None)


def lines(store: Store) -> list[str]:
    parts = sorted(Path(store.out).glob("part-*"))
    return [line for part in parts for line in part.read_text().splitlines()]


def test_every_source_once_in_the_order_of_the_plan(store: Store) -> None:
    summary = run(store, FakeEngine(store))
    assert summary == ScaleSummary(sources=20, faces=5, parts=5)
    assert lines(store) == [f"{n:02d}.jpg" for n in range(20)]


def test_a_worker_that_dies_is_replaced(store: Store) -> None:
    engine = FakeEngine(store, {"05.jpg": 2, "11.jpg": 1})
    summary = run(store, engine)
    assert (summary.sources, summary.errors, summary.deaths) == (20, 0, 3)
    assert engine.runs["part-00000001.parquet"] == 3
    assert lines(store) == [f"{n:02d}.jpg" for n in range(20)]


def test_a_source_that_kills_every_worker_costs_only_itself(store: Store) -> None:
    summary = run(store, FakeEngine(store, {"05.jpg": 999}))
    assert (summary.sources, summary.errors, summary.deaths, summary.parts) == (20, 1, 5, 8)
    found = lines(store)
    assert len(found) == 20
    (row,) = [line for line in found if line.startswith("05.jpg")]
    assert "died 2 times on it" in row
    assert not (Path(store.out) / "part-00000001.parquet").exists()


def test_a_video_alone_that_kills_gets_its_error_row(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "out"))
    store.write_plan({}, cut(["a.mp4", "b.jpg"], part_size=4))
    summary = run(store, FakeEngine(store, {"a.mp4": 999}))
    assert (summary.sources, summary.errors, summary.deaths) == (2, 1, 3)


def test_a_second_run_processes_only_missing_sources(store: Store) -> None:
    engine = FakeEngine(store)
    engine.stop_after = 2
    with pytest.raises(OutputError):
        run(store, engine)
    # A part that no manifest knows was perhaps half of a shard in pieces: it does not count.
    (Path(store.out) / "part-00000004-0001.parquet").write_text("stray")
    again = FakeEngine(Store(store.out))
    summary = run(again.store, again)
    assert again.runs.total() == 3
    assert (summary.sources, summary.before) == (20, 8)
    assert lines(store) == [f"{n:02d}.jpg" for n in range(20)]
    third = FakeEngine(Store(store.out))
    assert run(third.store, third).before == 20
    assert third.runs.total() == 0


@pytest.mark.parametrize(
    ("count", "workers", "size"), [(3, 2, 10), (400, 2, 25), (7999, 2, 500), (9000, 2, 500)]
)
def test_few_pictures_are_split_among_all_workers(count: int, workers: int, size: int) -> None:
    names = [f"{number}.jpg" for number in range(count)]
    again, found = size_for(iter(names), None, workers)
    assert (list(again), found) == (names, size)
    assert size_for(iter(names), 7, workers)[1] == 7


def test_the_manifest_is_written_during_the_work(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_wait", 0)
    run(store, FakeEngine(store))
    marks = sorted((Path(store.out) / "_ferkit").glob("done-*.jsonl"))
    assert len(marks) == 5
    assert json.loads(marks[0].read_text())["sources"] == 4


def test_a_folder_of_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_text("x")
    with pytest.raises(
        OutputError, match="holds something other than parts of a recognition; name"
    ):
        Store(str(tmp_path)).plan()
    with pytest.raises(OutputError, match=r"holiday\.jpg is a file; name a new folder"):
        Store(str(tmp_path / "holiday.jpg")).plan()


def test_a_store_at_an_address() -> None:
    pytest.importorskip("fsspec")
    store = Store("memory://scale-test/out")
    assert store.plan() is None
    store.write_plan({"a": 1}, cut(["x.jpg", "y.jpg", "z.jpg"], part_size=2))
    assert store.plan() == {"a": 1, "shards": 2, "sources": 3}
    with store.part("part-9.parquet") as path:
        path.write_text("stray")
    store.mark(ShardDone(0, 2, 0, 0, ("part-00000000.parquet",)))
    store.flush()
    assert Store(store.out).done().keys() == {0}
    assert [shard.sources for shard in store.shards()] == [("x.jpg", "y.jpg"), ("z.jpg",)]
    assert "part-9.parquet" not in store._names("")
