"""README, records and recipes agree with the output of the recorded runs."""

from __future__ import annotations

import importlib.util
import statistics
from pathlib import Path
from types import ModuleType

import pytest

from ferkit.files import read_json
from ferkit.training.recipes import named_recipes

ROOT = Path(__file__).resolve().parents[1]
RUNS = sorted(path.parent for path in (ROOT / "records" / "runs").glob("*/config.json"))
FILES = {
    "config.json",
    "environment.json",
    "history.csv",
    "metrics.json",
    "classification_report.txt",
}


@pytest.fixture(scope="module")
def leaderboard() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "leaderboard", ROOT / "benchmarks" / "leaderboard.py"
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))  # it imports its neighbours
        spec.loader.exec_module(module)
    return module


def test_the_two_projects_are_recorded() -> None:
    assert {read_json(run / "config.json")["recipe"] for run in RUNS} >= {"cnn4", "cnn6"}


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
def test_a_record_is_complete_and_shows_no_face(run: Path) -> None:
    cycles = read_json(run / "config.json").get("averaged") or []
    for folder in (run, *(run / cycle for cycle in cycles)):
        assert {path.name for path in folder.iterdir()} >= FILES
    files = [path for path in run.rglob("*") if path.is_file()]
    assert not {path.suffix for path in files} - {".json", ".csv", ".log", ".txt"}
    assert "samples.json" not in {path.name for path in files}
    assert (run / "train.log").is_file()
    config, metrics = read_json(run / "config.json"), read_json(run / "metrics.json")
    counts = config["data_summary"]["counts"]
    assert [sum(counts[s].values()) for s in ("train", "validation", "test")] == [28709, 3589, 3589]
    assert metrics["splits"]["test"]["clean_n"] == 3301
    assert metrics["splits"]["validation+test"]["n"] == 7178


def test_pages_hold_the_table_of_the_runs(leaderboard: ModuleType) -> None:
    table = leaderboard.make_table(ROOT / "records" / "runs")
    for page in leaderboard.PAGES:
        assert table in page.read_text(encoding="utf-8")


def test_every_table_matches_the_records(leaderboard: ModuleType) -> None:
    for page, tables in leaderboard.pages().items():
        text = page.read_text(encoding="utf-8")
        for mark, table in tables.items():
            assert leaderboard.with_table(text, table, mark) == text, (
                f"{page.name}: run python benchmarks/leaderboard.py"
            )


@pytest.mark.parametrize("name", sorted({read_json(run / "config.json")["recipe"] for run in RUNS}))
def test_recipes_state_the_mean_of_their_seeds(name: str, leaderboard: ModuleType) -> None:
    runs = [run for run in RUNS if read_json(run / "config.json")["recipe"] == name]
    tests = [read_json(run / "metrics.json")["splits"]["test"]["accuracy"] for run in runs]
    seconds = statistics.mean(leaderboard.median_epoch(run) for run in runs)
    recipe = named_recipes()[name]
    assert recipe.accuracy.startswith(f"{100 * statistics.mean(tests):.1f} % on test")
    assert recipe.time.startswith(f"{seconds:.0f} s an epoch")
