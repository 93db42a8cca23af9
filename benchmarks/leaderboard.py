"""Write the tables of results in README.md, records/LEADERBOARD.md and docs from the records.

Each folder of records/runs contains the files of a training except pictures of faces: config.json,
environment.json, history.csv, metrics.json and train.log. Other sources are peers.csv
(benchmarks/peers.py), speedrun.csv (benchmarks/speedrun.py) and the cards of the shipped models.
Only this script writes figures into the tables. A table is enclosed in marks: `<!-- results -->`
and `<!-- /results -->` for the one called results.

    python benchmarks/leaderboard.py            write the tables
    python benchmarks/leaderboard.py --check    fail if a table does not match the records
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import recognition_table
from ferkit.files import read_json, read_rows, write_text
from ferkit.runs.history import kept_epoch
from peers_table import full_table, read_results, short_table
from record import read_record
from targets import targets_table

ROOT = Path(__file__).resolve().parents[1]
BOARD = ROOT / "records" / "LEADERBOARD.md"
README = ROOT / "README.md"
PAGES = (BOARD, README, ROOT / "docs" / "notebook-projects.md")  # of the table of the runs
HEADER = (
    "recipe",
    "seeds",
    "epochs (best)",
    "validation",
    "test",
    "test, 95 %",
    "clean",
    "validation+test",
    "macro F1",
    "ECE",
    "median epoch",
    "precision",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if out of date")
    check = parser.parse_args().check
    stale = []
    for page, tables in pages().items():
        text = page.read_text(encoding="utf-8")
        renewed = text
        for mark, table in tables.items():
            renewed = with_table(renewed, table, mark)
        if renewed != text:
            stale.append(page.name)
            if not check:
                write_text(page, renewed)
    if check and stale:
        sys.exit(f"Out of date: {', '.join(stale)}; run python benchmarks/leaderboard.py.")
    print("\n\n".join(pages()[BOARD].values()))


def pages(root: Path = ROOT) -> dict[Path, dict[str, str]]:
    """Return every page with the tables that it holds, by the name of their marks."""
    found: dict[Path, dict[str, str]] = {
        page: {"results": make_table(root / "records" / "runs")} for page in PAGES
    }
    found[BOARD]["targets"] = targets_table(root)
    peers = read_results(root / "records" / "peers.csv")
    missing = "No run of `benchmarks/peers.py` is recorded."
    found[README]["peers"] = short_table(peers) if peers else missing
    found[BOARD]["peers"] = full_table(peers) if peers else missing
    speed = read_record(root / "records" / "recognition.csv")
    missing = "No run of `benchmarks/recognition.py` is recorded."
    found[README]["recognition"] = recognition_table.short_table(speed) if speed else missing
    found[BOARD]["recognition"] = recognition_table.full_table(speed) if speed else missing
    return found


def with_table(text: str, table: str, mark: str = "results") -> str:
    """Return `text` with `table` between the marks of that name."""
    opening, closing = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    before, begin, rest = text.partition(opening)
    _, end, after = rest.partition(closing)
    if not (begin and end):
        raise SystemExit(f"The page lacks the marks {opening} and {closing}.")
    return f"{before}{opening}\n{table}\n{closing}{after}"


def make_table(folder: Path) -> str:
    """Return a Markdown table with one row per recipe, averaged over its seeds."""
    recipes: dict[str, list[Path]] = defaultdict(list)
    for metrics in sorted(folder.glob("*/metrics.json")):
        recipes[name_of(read_json(metrics.parent / "config.json"))].append(metrics.parent)
    lines = ["| " + " | ".join(HEADER) + " |", "|" + "---|" * len(HEADER)]
    for name, runs in sorted(recipes.items()):
        lines.append("| " + " | ".join(row(name, runs)) + " |")
    return "\n".join(lines)


def name_of(config: dict[str, Any]) -> str:
    """Return the recipe, with what sets its figures apart: the labels it was scored on, and those
    it learned from.
    """
    labels = config.get("labels", "fer2013")
    name = config["recipe"] if labels == "fer2013" else f"{config['recipe']}, {labels}"
    return f"{name} (extra labels)" if config.get("extra_labels") else str(name)


def row(name: str, runs: list[Path]) -> list[str]:
    """Return the cells of one recipe."""
    splits = [read_json(run / "metrics.json")["splits"] for run in runs]
    environments = [read_json(run / "environment.json") for run in runs]
    configs = [read_json(run / "config.json") for run in runs]
    low, high = (
        statistics.mean(s["test"]["accuracy_ci95"][side] for s in splits) for side in (0, 1)
    )
    return [
        name,
        ", ".join(str(config["seed"]) for config in configs),
        ", ".join(epochs_of(run) for run in runs),
        percent(splits, "validation", "accuracy"),
        f"**{percent(splits, 'test', 'accuracy')}**",
        f"{low:.1%} to {high:.1%}".replace("%", " %"),
        percent(splits, "test", "clean_accuracy"),
        percent(splits, "validation+test", "accuracy"),
        percent(splits, "test", "macro_f1"),
        percent(splits, "test", "ece"),
        f"{statistics.mean(map(median_epoch, runs)):.0f} s",
        ", ".join(sorted({e["precision"] for e in environments})),
    ]


def median_epoch(run: Path) -> float:
    """Return the seconds of the median epoch, which a pause of the machine leaves alone."""
    return statistics.median(float(row["seconds"]) for row in read_rows(run / "history.csv"))


def epochs_of(run: Path) -> str:
    """Return the epochs trained and, in brackets, the kept one, counted from 1.

    The mean of two cycles is no epoch's; it shows the epochs of both.
    """
    config, rows = read_json(run / "config.json"), read_rows(run / "history.csv")
    kept = kept_epoch(rows, config)
    if kept is None:
        return f"{config['epochs']} + {config['second_epochs']}"
    return f"{len(rows)} ({kept})"


def percent(splits: list[dict[str, Any]], split: str, name: str) -> str:
    """Return a share as percent: mean, and the spread where there are several seeds."""
    values = [100 * s[split][name] for s in splits]
    spread = f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.2f}{spread} %"


if __name__ == "__main__":
    main()
