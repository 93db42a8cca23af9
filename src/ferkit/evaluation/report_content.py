"""The content of the report, from the files of a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ferkit.data.official import OFFICIAL_COUNTS
from ferkit.evaluation.figures import headline_split
from ferkit.evaluation.training_facts import training_facts
from ferkit.files import read_json
from ferkit.runs.folder import RunFolder
from ferkit.runs.history import kept_epoch, read_history

# Human accuracy on FER-2013: Goodfellow et al., "Challenges in Representation Learning", ICONIP
# 2013.
_HUMAN_ACCURACY = (0.60, 0.70)


def report_content(run: RunFolder) -> dict[str, Any]:
    """Return the content of the template as plain values.

    Args:
        run: A folder with metrics; config, environment, history and samples are read if they exist.
    """
    metrics = read_json(run.metrics)
    config = _read_if_there(run.config)
    environment = _read_if_there(run.environment)
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
        "history": _history(run.history, config),
        "training": training_facts(config, environment, metrics),
        "machine": _machine_facts(environment),
        "images": _read_if_there(run.samples),
    }


def _read_if_there(file: Path) -> dict[str, Any] | None:
    return read_json(file) if file.is_file() else None


def _scale(entry: dict[str, Any], official: bool) -> list[dict[str, Any]]:
    """Return the marks of the headline's scale from 0 to 100 %: values or ranges, with names."""
    matrix = entry["confusion_matrix"]
    majority = max(sum(row) for row in matrix) / entry["n"]
    marks = [
        {"low": majority, "high": majority, "name": "always the most frequent", "kind": "chance"}
    ]
    if official:
        low, high = _HUMAN_ACCURACY
        marks.append({"low": low, "high": high, "name": "people", "kind": "human"})
    low, high = entry["accuracy_ci95"]
    return [*marks, {"low": low, "high": high, "name": "this model", "kind": "model"}]


def _matrix(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of the confusion matrix; cells have a count, a rate, and a colour 0..10."""
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
    """Return the most frequent confusions: true and predicted emotion, and the share of the images
    of the true one.
    """
    names = entry["emotions"]
    found = [
        {"true": names[i], "predicted": names[j], "rate": count / sum(row), "count": count}
        for i, row in enumerate(entry["confusion_matrix"])
        for j, count in enumerate(row)
        if i != j and count
    ]
    return sorted(found, key=lambda c: c["rate"], reverse=True)[:most]


def _history(file: Path, config: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the number of epochs, and which of them the model is from."""
    rows = read_history(file) if file.is_file() else []
    if not rows:
        return None
    config = config or {}
    epoch = kept_epoch(rows, config)
    if epoch is None:
        kept = f"the mean of the weights of {len(config['averaged'])} cycles was kept"
    else:
        kept = f"epoch {epoch}, the best on the validation split, was kept"
    return {"epochs": len(rows), "kept": kept}


def _machine_facts(environment: dict[str, Any] | None) -> list[tuple[str, str]]:
    """Return machine and versions as pairs of name and description."""
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
