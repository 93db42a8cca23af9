"""The table of targets, and what the recorded runs, models and benchmarks reached.

It reads the cards of the shipped models (the mean over their seeds), records/runs for recipes that
are not shipped, records/peers.csv and records/speedrun.csv. If a recipe is recorded with and
without extra labels, the better one on validation counts.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ferkit.files import read_json
from ferkit.weights import OLD_NAMES
from peers_table import SETTINGS, Result, fastest, known, markdown, read_results
from record import read_record

HEADER = ("", "must", "target", "stretch", "reached", "level")
LEVELS = ("must", "target", "stretch")
ON_GPU = (
    "not run; command: `KERAS_BACKEND=jax python benchmarks/speedrun.py "
    "--device gpu "
    "--data fer2013.csv --ferplus fer2013new.csv --record records/speedrun.csv`"
)


@dataclass(frozen=True)
class Target:
    """One row: three bounds, from easy to hard, None where there is none.

    Attributes:
        name: What is measured.
        bounds: Must, target, stretch.
        unit: Behind each number.
        rising: Whether more is better.
    """

    name: str
    bounds: tuple[float | None, float | None, float | None]
    unit: str = "%"
    rising: bool = True

    def level(self, value: float | None) -> str:
        """Return the hardest bound that `value` meets, `missed`, or nothing where nothing was
        measured.
        """
        if value is None:
            return ""
        met = [
            level
            for level, bound in zip(LEVELS, self.bounds, strict=True)
            if bound is not None and (value >= bound if self.rising else value <= bound)
        ]
        return met[-1] if met else "missed"

    def row(self, reached: Reached) -> list[str]:
        """Return the cells."""
        bounds = ["-" if bound is None else f"{bound:g} {self.unit}" for bound in self.bounds]
        return [self.name, *bounds, reached.text, self.level(reached.value)]


@dataclass(frozen=True)
class Reached:
    """What stands against a target: the value that counts (None: nothing), and how a reader sees
    it.
    """

    value: float | None
    text: str


def targets_table(root: Path) -> str:
    """Return the Markdown table for a checkout."""
    runs = read_runs(root / "records" / "runs")
    cards = read_cards(root / "src" / "ferkit" / "weights")
    speed = read_record(root / "records" / "speedrun.csv")
    peers = read_results(root / "records" / "peers.csv")
    no_tta = ", no test-time augmentation"
    rows = [
        Target(f"nano{no_tta}: test", (68.6, 70, 71)).row(of_model("nano", runs, cards)),
        Target(f"small{no_tta}: test", (70, 72, 73)).row(of_model("small", runs, cards)),
        Target("base, test-time augmentation, one network: test", (71.7, 73.5, 74.5)).row(
            of_base("accuracy", cards)
        ),
        Target("ensemble of at most 8: test", (None, 75.2, 76.5)).row(
            of_ensemble(root / "records" / "ensemble" / "metrics.json", cards.values())
        ),
        Target("base: macro F1", (69, 71, 73)).row(of_base("macro_f1", cards)),
        Target("shipped -fer2013 models: largest ECE", (3, 2, 1), rising=False).row(
            of_calibration(cards)
        ),
        Target("small, FER+ majority, 8 classes: test", (86.5, 87.5, 88.5)).row(
            of_ferplus(sorted((root / "records" / "ferplus").glob("small-?.json")))
        ),
        Target("two cores: time to 67 % on test", (30, 15, 8), "min", rising=False).row(
            of_speedrun(speed, "cpu", 67, 60)
        ),
        Target("one H200: time to 70 % on test, warm", (60, 15, 8), "s", rising=False).row(
            of_speedrun(speed, "gpu", 70, 1)
        ),
        Target("more accurate than a peer, and this many times as fast", (None, 2, None), "x").row(
            of_peers(peers)
        ),
    ]
    return markdown(HEADER, rows)


def read_runs(folder: Path) -> dict[tuple[str, str, bool], list[dict[str, Any]]]:
    """Return the splits of every recorded run, by recipe, labels, and whether it had extra
    labels.
    """
    runs = defaultdict(list)
    for file in sorted(folder.glob("*/metrics.json")):
        config = read_json(file.parent / "config.json")
        key = (
            config["recipe"],
            config.get("labels", "fer2013"),
            bool(config.get("extra_labels", False)),
        )
        runs[key].append(read_json(file)["splits"])
    return dict(runs)


def read_cards(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the cards of the shipped models by name."""
    return {file.stem: read_json(file) for file in sorted(folder.glob("*.json"))}


def of_model(
    name: str,
    runs: dict[tuple[str, str, bool], list[dict[str, Any]]],
    cards: dict[str, dict[str, Any]],
) -> Reached:
    """Return the mean test accuracy over the seeds of a shipped model, or of a recipe that is not
    shipped.
    """
    card = cards.get(f"{name}-fer2013")
    if card is not None:
        seeds = [100 * run["test"] for run in card["seeds"]["runs"]]
        shipped, extra = share(card, "accuracy"), bool(card["training"]["extra_labels"])
        return Reached(*mean_of_seeds(seeds, extra, f"; shipped file {shipped:.2f} %"))
    ways = {key: found for key, found in runs.items() if key[:2] == (name, "fer2013")}
    if not ways:
        return Reached(None, "not run")
    (_, _, extra), splits = max(ways.items(), key=lambda item: mean(item[1], "validation"))
    return Reached(*mean_of_seeds([100 * s["test"]["accuracy"] for s in splits], extra))


def mean_of_seeds(values: list[float], extra: bool, more: str = "") -> tuple[float, str]:
    """Return the mean, and a text that tells it with its spread."""
    value = statistics.mean(values)
    labels = ", extra labels" if extra else ""
    return value, f"{value:.2f} %{deviation(values)}, {count(len(values), 'seed')}{labels}{more}"


def of_base(measure: str, cards: dict[str, dict[str, Any]]) -> Reached:
    """Return a test figure of the shipped `base` with the test-time augmentation that is best on
    validation.
    """
    card = cards.get("base-fer2013")
    if card is None:
        return Reached(None, "not run")
    ways = {k: splits for k, splits in card["evaluation"]["tta"].items() if k != "none"}
    best = max(ways, key=lambda way: ways[way]["validation"]["accuracy"])
    value = share(card, measure, best)
    extra = ", extra labels" if card["training"]["extra_labels"] else ""
    seeds = count(len(card["seeds"]["runs"]), "seed")
    text = f"{value:.2f} %, views: {best}, shipped file of {seeds}{extra}"
    return Reached(value, text)


def of_ensemble(file: Path, cards: Iterable[dict[str, Any]] = ()) -> Reached:
    """Return the test accuracy of the recorded or shipped ensemble that is best on validation."""
    found = []
    if file.is_file():
        record = read_json(file)
        found.append((record["splits"], record["members"], record["tta"], record["extra_labels"]))
    for card in cards:
        if "members" in card and "ferplus" not in card:
            extra = card["training"]["extra_labels"]
            found.append((card["evaluation"]["tta"]["flip"], len(card["members"]), "flip", extra))
    if not found:
        return Reached(None, "not run")
    splits, members, views, extra = max(found, key=lambda one: one[0]["validation"]["accuracy"])
    value = 100 * splits["test"]["accuracy"]
    marked = ", extra labels" if extra else ""
    return Reached(value, f"{value:.2f} %, {members} models, views: {views}{marked}")


def of_ferplus(files: list[Path]) -> Reached:
    """Return the mean test accuracy of the votes' heads of a recipe's seeds, in the eight classes
    of FER+.
    """
    if not files:
        return Reached(None, "not run")
    values = [100 * read_json(file)["splits"]["test"]["accuracy"] for file in files]
    value = statistics.mean(values)
    seeds = count(len(values), "seed")
    return Reached(value, f"{value:.2f} %{deviation(values)}, {seeds} (votes.keras of the runs)")


def of_calibration(cards: dict[str, dict[str, Any]]) -> Reached:
    """Return the largest calibration error on test of all that answer with FER-2013's labels."""
    own = {name: card for name, card in cards.items() if "ferplus" not in card}
    errors = {name: share(card, "ece") for name, card in own.items()}
    if not errors:
        return Reached(None, "not run")
    text = ", ".join(f"{name} {error:.2f} %" for name, error in errors.items())
    return Reached(max(errors.values()), text)


def of_speedrun(records: list[dict[str, str]], device: str, accuracy: float, unit: int) -> Reached:
    """Return the mean time of a device's runs, which counts only where their mean accuracy is
    reached.

    On a GPU the warm runs count, on a CPU the cold ones: nobody warms up a training of minutes.
    """
    rows = [row for row in records if row["device"] == device]
    counting = [r for r in rows if r["kind"] == ("warm" if device == "gpu" else "cold")]
    if not counting:
        return Reached(None, "not run" if device == "cpu" else ON_GPU)
    reached = [100 * float(row["test_accuracy"]) for row in rows]
    seconds = [float(row["seconds"]) / unit for row in counting]
    value, name = statistics.mean(seconds), "min" if unit == 60 else "s"
    text = f"{value:.1f} {name} ({count(len(counting), 'run')}) to {statistics.mean(reached):.2f} %"
    text += f"{deviation(reached)}, {count(len(rows), 'seed')}"
    text += ", extra labels" if any(row.get("extra_labels") == "1" for row in rows) else ""
    # A time to a lower accuracy is no time to the one that is asked for.
    return Reached(value if statistics.mean(reached) >= accuracy else float("inf"), text)


def of_peers(results: list[Result]) -> Reached:
    """Return, for every peer, how much faster the fastest of our more accurate models is, and the
    least of it.

    Against an untrained peer, whose accuracy is not measured, the speed of our fastest model is
    told, and decides nothing.
    """
    peers = list(dict.fromkeys(result.model for result in results if result.peer))
    found = {peer: best_against(peer, results) for peer in peers}
    ratios, parts = [], []
    for peer, (ratio, model) in found.items():
        untrained = accuracy_of(peer, results) is None
        ratios += [] if untrained else [ratio]
        name = f"{peer}, by speed alone" if untrained else peer
        today = OLD_NAMES.get(model, model)
        parts.append(
            f"{name}: {ratio:.1f} x ({today})" if model else f"{name}: none is more accurate"
        )
    return Reached(min(ratios), ", ".join(parts)) if ratios else Reached(None, "not run")


def best_against(peer: str, results: list[Result]) -> tuple[float, str]:
    """Return the ratio of speeds at the setting that suits it least, and the name, of our best
    model against a peer.

    A peer counts with its best accuracy and, at each setting, its fastest way. (0, "") where no
    model of ours is more accurate.
    """
    accuracy = accuracy_of(peer, results) or 0.0
    ratios = []
    for model in dict.fromkeys(result.model for result in results if not result.peer):
        own = accuracy_of(model, results) or 0.0
        speeds = [
            (fastest(results, model, *setting), fastest(results, peer, *setting))
            for setting in SETTINGS
        ]
        measured = [ours / theirs for ours, theirs in speeds if ours and theirs]
        if own > accuracy and measured:
            ratios.append((min(measured), model))
    return max(ratios, default=(0.0, ""))


def accuracy_of(model: str, results: list[Result]) -> float | None:
    """Return the best accuracy of any way of using a model; None where it was measured
    untrained.
    """
    return max(known(r.median("accuracy") for r in results if r.model == model), default=None)


def share(card: dict[str, Any], measure: str, tta: str = "none") -> float:
    """Return a figure of a card's test split in percent."""
    return 100 * float(card["evaluation"]["tta"][tta]["test"][measure])


def mean(splits: Iterable[dict[str, Any]], split: str) -> float:
    return statistics.mean(100 * s[split]["accuracy"] for s in splits)


def deviation(values: list[float]) -> str:
    return f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else ""


def count(n: int, noun: str) -> str:
    return f"{n} {noun}{'s' * (n != 1)}"
