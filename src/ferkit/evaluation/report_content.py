"""What the report tells, gathered from the files of a run folder."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from ferkit.data.official import OFFICIAL_COUNTS
from ferkit.evaluation.figures import headline_split
from ferkit.files import read_json

# Goodfellow et al., "Challenges in Representation Learning", ICONIP 2013: people on FER-2013.
_HUMAN_ACCURACY = (0.60, 0.70)

_SCHEDULE_FIELDS = (
    "learning_rate",
    "time_decay",
    "plateau_factor",
    "plateau_patience",
    "plateau_monitor",
)


def report_content(folder: Path) -> dict[str, Any]:
    """Return everything that the template shows, as plain values.

    Args:
        folder: A folder with `metrics.json`; `config.json`, `environment.json`, `history.csv` and `samples.json` are
            read where they are there.
    """
    metrics = read_json(folder / "metrics.json")
    config = _read_if_there(folder / "config.json")
    environment = _read_if_there(folder / "environment.json")
    main = headline_split(metrics["splits"])
    entry = metrics["splits"][main]
    official = metrics["data"]["counts"] == OFFICIAL_COUNTS
    return {
        "metrics": metrics,
        "main": main,
        "entry": entry,
        "official": official,
        "hits": sum(row[i] for i, row in enumerate(entry["confusion_matrix"])),
        "scale": _scale(entry, official),
        "matrix": _matrix(entry),
        "confusions": _worst_confusions(entry),
        "config": config,
        "environment": environment,
        "history": _history(folder / "history.csv", config),
        "training": _training_facts(config, environment, metrics),
        "machine": _machine_facts(environment),
        "images": _read_if_there(folder / "samples.json"),
    }


def _read_if_there(file: Path) -> dict[str, Any] | None:
    return read_json(file) if file.is_file() else None


def _scale(entry: dict[str, Any], official: bool) -> list[dict[str, Any]]:
    """Return the marks of the headline's scale from 0 to 100 %: each a share or a range, with its name."""
    matrix = entry["confusion_matrix"]
    majority = max(sum(row) for row in matrix) / entry["n"]
    marks = [{"low": majority, "high": majority, "name": "always the commonest", "kind": "chance"}]
    if official:
        low, high = _HUMAN_ACCURACY
        marks.append({"low": low, "high": high, "name": "people", "kind": "human"})
    low, high = entry["accuracy_ci95"]
    return [*marks, {"low": low, "high": high, "name": "this model", "kind": "model"}]


def _matrix(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the confusion matrix by rows, each cell with its count, rate, and depth of colour 0..10."""
    rows = []
    for emotion, counts in zip(entry["emotions"], entry["confusion_matrix"], strict=True):
        total = sum(counts)
        rates = [count / total if total else 0.0 for count in counts]
        cells = [
            {"count": count, "rate": rate, "depth": round(10 * rate)}
            for count, rate in zip(counts, rates, strict=True)
        ]
        rows.append({"emotion": emotion, "total": total, "cells": cells})
    return rows


def _worst_confusions(entry: dict[str, Any], most: int = 3) -> list[dict[str, Any]]:
    """Return the commonest confusions: true emotion, predicted one, and the share of the true one's images."""
    names = entry["emotions"]
    found = [
        {"true": names[i], "predicted": names[j], "rate": count / sum(row), "count": count}
        for i, row in enumerate(entry["confusion_matrix"])
        for j, count in enumerate(row)
        if i != j and count
    ]
    return sorted(found, key=lambda c: c["rate"], reverse=True)[:most]


def _history(file: Path, config: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the number of epochs, the best one counted from 1, and its validation accuracy."""
    if not file.is_file():
        return None
    with file.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    if not rows:
        return None
    monitor = (config or {}).get("checkpoint_monitor", "val_accuracy")
    values = [float(row[monitor]) for row in rows]
    best = values.index(min(values) if monitor.endswith("loss") else max(values))
    return {"epochs": len(rows), "best": best + 1, "monitor": monitor, "value": values[best]}


def _training_facts(
    config: dict[str, Any] | None, environment: dict[str, Any] | None, metrics: dict[str, Any]
) -> list[tuple[str, str]]:
    """Return what was trained and how, as pairs of name and words."""
    if config is None:
        return []
    parameters = metrics["model"]["parameters"]
    size = f", {parameters:,} parameters" if parameters else ""
    tellers: dict[str, tuple[tuple[str, ...], Callable[[], str]]] = {
        "Model": (("model",), lambda: f"{config['model']}{size}"),
        "Labels": (("labels",), lambda: _labels(config)),
        "Recipe": (("recipe",), lambda: config["recipe"]),
        "Augmentation": (("augment",), lambda: config["augment"]),
        "Optimizer": (("label_smoothing",), lambda: _optimizer(config)),
        "Learning rate": (_SCHEDULE_FIELDS, lambda: _schedule(config)),
        "Batch size": (("batch_size",), lambda: f"{config['batch_size']}"),
        "Epochs": (("epochs", "stop_patience", "stop_monitor"), lambda: _epochs(config)),
        "Seed": (("seed",), lambda: f"{config['seed']}"),
    }
    # A config of another version of ferkit may lack fields; the others are told all the same.
    facts = [(name, tell()) for name, (needs, tell) in tellers.items() if config.keys() >= {*needs}]
    if environment:
        facts.append(("Computed on", _compute(environment)))
    if environment and "training_seconds" in environment:
        facts.append(("Training time", _duration(environment["training_seconds"])))
    return facts


def _labels(config: dict[str, Any]) -> str:
    words = {
        "fer2013": "the data's own",
        "ferplus-majority": "the majority of FER+'s votes",
        "ferplus-votes": "the shares of FER+'s votes; validation and test by their majority",
    }
    return words.get(config["labels"], str(config["labels"]))


def _optimizer(config: dict[str, Any]) -> str:
    smoothing = config["label_smoothing"]
    extra = f", label smoothing {smoothing:g}" if smoothing else ""
    return f"Adam on categorical cross-entropy{extra}"


def _schedule(config: dict[str, Any]) -> str:
    words = [f"{config['learning_rate']:g}"]
    if config["time_decay"]:
        words.append(f"divided by 1 + {config['time_decay']:g} × step")
    if config["plateau_factor"] < 1:
        words.append(
            f"times {config['plateau_factor']:g} after {config['plateau_patience']} epochs "
            f"without better {config['plateau_monitor']}"
        )
    return ", ".join(words)


def _epochs(config: dict[str, Any]) -> str:
    if not config["stop_patience"]:
        return f"{config['epochs']}"
    return (
        f"at most {config['epochs']}, stopped after {config['stop_patience']} "
        f"without better {config['stop_monitor']}"
    )


def _compute(environment: dict[str, Any]) -> str:
    return f"{environment['backend']} on {environment['device']} in {environment['precision']}"


def _duration(seconds: float) -> str:
    """Return a time in words.

    Example:
        >>> _duration(4000), _duration(42)
        ('1:06:40 h', '42 s')
    """
    return f"{round(seconds)} s" if seconds < 60 else f"{timedelta(seconds=round(seconds))} h"


def _machine_facts(environment: dict[str, Any] | None) -> list[tuple[str, str]]:
    """Return machine and versions, as pairs of name and words."""
    if environment is None:
        return []
    machine = environment.get("machine", {})
    facts = [
        ("Started", environment.get("started")),
        ("Processor", f"{machine.get('processor')}, {machine.get('cores')} cores"),
        ("Memory", f"{machine['memory_gb']} GB" if machine.get("memory_gb") else None),
        ("System", machine.get("system")),
        ("Python", environment.get("python")),
        ("Versions", ", ".join(f"{k} {v}" for k, v in environment.get("versions", {}).items())),
        ("Commit", environment.get("commit")),
        (
            "Resumed",
            f"{len(environment['resumed_from'])} times" if "resumed_from" in environment else None,
        ),
    ]
    return [(name, str(words)) for name, words in facts if words]
