"""Recognition at scale in real processes: each source once, whichever process is killed."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ferkit.errors import DataError, ModelError, OutputError, UsageError
from ferkit.scale import ScaleOptions, ScaleSummary, recognize
from ferkit.scale.cost import estimate
from ferkit.scale.run import make_plan
from ferkit.scale.sources import list_sources
from ferkit.scale.store import Store
from ferkit.scale.worker import Worker

pq = pytest.importorskip("pyarrow.parquet")
pd = pytest.importorskip("pandas")

OPTIONS = ScaleOptions(model="nano-fer2013", detector="none", part_size=5)


def rows(out: Path) -> pd.DataFrame:
    return pq.read_table(out).to_pandas()


def assert_each_once(out: Path, folder: Path) -> None:
    found = rows(out)
    wanted = [str(folder / f"{number:02d}.png") for number in range(30)]
    wanted += [f"{folder}/more.tar/{name}.png" for name in ("00", "01", "29")]
    assert sorted(found["source"]) == sorted(wanted)
    assert found["error"].notna().sum() == 2


@pytest.mark.slow
def test_a_killed_worker_loses_nothing(pictures: Path, tmp_path: Path) -> None:
    out, killed = tmp_path / "out", []

    def show(state: ScaleSummary, total: int) -> None:
        assert total == 31
        workers = multiprocessing.active_children()
        if len(killed) < 2 and state.sources >= 5 * (len(killed) + 1) and workers:
            killed.append(os.kill(workers[0].pid or 0, signal.SIGKILL))

    done = recognize([str(pictures)], out, options=OPTIONS, workers=2, show=show)
    assert (done.sources, done.errors, done.parts) == (33, 2, 7)
    assert 1 <= done.deaths <= 2
    assert_each_once(out, pictures)
    again = recognize([str(pictures)], out, options=OPTIONS, workers=2)
    assert (again.sources, again.before) == (33, 33)


@pytest.mark.slow
def test_a_killed_driver_resumes(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "ferkit", "predict", str(pictures), "--on", "local"]
    command += [
        "--model",
        "nano-fer2013",
        "--detector",
        "none",
        "--part-size",
        "2",
        "--workers",
        "1",
    ]
    driver = subprocess.Popen([*command, "--out", str(out)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(list(out.glob("part-*"))) < 3 and driver.poll() is None:
        assert time.monotonic() < deadline, "the recognition does not get on"
        time.sleep(0.02)
    driver.kill()
    assert len(list(out.glob("part-*"))) >= 3
    driver.wait()
    done = subprocess.run([*command, "--out", str(out)], capture_output=True, text=True)
    assert done.returncode == 1, "some cannot be read"
    assert "33 sources" in done.stderr
    assert_each_once(out, pictures)


def test_wrong_use_is_reported_before_any_work(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="on expects one of local, ray, not 'slurm'"):
        recognize([pictures], tmp_path / "out", on="slurm")
    with pytest.raises(UsageError, match="There is no detector"):
        recognize([pictures], tmp_path / "out", options=ScaleOptions(detector="haar"))
    with pytest.raises((ModelError, UsageError), match="no-such"):
        recognize([pictures], tmp_path / "out", options=ScaleOptions("no-such", "none"))
    with pytest.raises(UsageError, match="workers expects 1 or more, not 0"):
        recognize([pictures], tmp_path / "out", workers=0, options=OPTIONS)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DataError, match="There is no picture or video"):
        recognize([empty], tmp_path / "rows", options=OPTIONS)
    (empty / "late.png").write_bytes(b"x")  # the same call finds what came meanwhile
    assert make_plan(Store(str(tmp_path / "rows")), [str(empty)], OPTIONS, 1)["sources"] == 1
    with pytest.raises(UsageError, match="part_size expects 1 or more"):
        ScaleOptions(part_size=0)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_other_options_are_another_output(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    recognize([pictures / "00.png"], out, options=OPTIONS, workers=1)
    with pytest.raises(UsageError, match=r"begun with options.*choose a new folder"):
        recognize(
            [pictures / "00.png"], out, options=ScaleOptions("nano-fer2013", "none", part_size=6)
        )


def test_two_processes_do_not_write_into_one_folder(pictures: Path, tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    out = tmp_path / "out"
    other = Store(str(out))
    make_plan(other, [str(pictures)], OPTIONS, 1)
    (out / "part-00000.parquet").write_bytes(b"finished, but not yet in the manifest")
    with other.locked(), pytest.raises(OutputError, match="Another process writes into"):
        recognize([pictures], out, options=OPTIONS, workers=1)
    assert (out / "part-00000.parquet").exists()


def test_an_estimate_writes_no_files(pictures: Path, tmp_path: Path) -> None:
    cost = estimate(list_sources([str(pictures)]), OPTIONS, str(tmp_path / "out"))
    assert (cost.pictures, cost.videos, cost.tars, cost.parts) == (30, 0, 1, 7)
    assert 10 <= cost.sample <= 24
    assert 0 < cost.seconds_a_picture < 5
    assert cost.core_seconds == pytest.approx(30 * cost.seconds_a_picture)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("pictures_in_all", "part_size"), [(1000, 10), (20_000, 500)])
def test_the_sample_of_an_estimate_is_spread_evenly(
    pictures_in_all: int, part_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    monkeypatch.setattr("ferkit.scale.cost._seconds", lambda names, *_: drawn.extend(names) or 1.0)
    names = (name for i in range(pictures_in_all) for name in (f"{i}.jpg", f"{i}.mp4"))
    assert estimate(names, ScaleOptions(part_size=part_size), "out").sample == len(drawn)
    places = [int(name.removesuffix(".jpg")) for name in drawn]
    steps = {after - before for before, after in itertools.pairwise(places)}
    assert (len(steps), places[0]) == (1, 0)
    assert places[-1] >= pictures_in_all - steps.pop()


def test_pictures_of_a_store(pictures: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    fsspec.filesystem("memory").pipe("/faces/0.png", (pictures / "00.png").read_bytes())
    worker = Worker(OPTIONS, "memory://rows")
    (record,) = worker.records("memory://faces/0.png")
    assert len(record["faces"]) == 1
    (record,) = worker.records("memory://faces/1.png")
    assert "memory://faces/1.png cannot be opened (FileNotFoundError" in record["error"]
