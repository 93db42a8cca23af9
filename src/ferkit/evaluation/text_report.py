"""The classification report as plain text."""

from __future__ import annotations

from typing import Any

_SCORES = ("precision", "recall", "f1")
_TITLES = ("precision", "recall", "f1-score", "support")


def classification_report(entry: dict[str, Any], *, digits: int = 4) -> str:
    """Format one entry of `metrics.json` like scikit-learn's classification report.

    Args:
        entry: The result of `classification_metrics`.
        digits: Decimals. Defaults to 4.

    Returns:
        A table with a line per emotion, then accuracy, macro and weighted averages, ending in a
        newline. As in scikit-learn, an emotion that neither occurs nor is predicted (such as
        contempt, for a FER+ model on FER-2013) has no line and does not count in the averages.

    Example:
        >>> import numpy as np
        >>> from ferkit.metrics.scores import classification_metrics
        >>> entry = classification_metrics(np.array([0, 1]), np.eye(2), ["sad", "happy"])
        >>> print(classification_report(entry, digits=2).splitlines()[2].split())
        ['sad', '1.00', '1.00', '1.00', '1']
    """
    names = [
        str(name)
        for i, name in enumerate(entry["emotions"])
        if sum(entry["confusion_matrix"][i]) + sum(row[i] for row in entry["confusion_matrix"])
    ]
    left = max(len("weighted avg"), *(len(name) for name in names))
    head = " " * left + "".join(f"{title:>10}" for title in _TITLES)
    lines = [head, ""]
    rows = [entry["per_class"][name] for name in names]
    for name, row in zip(names, rows, strict=True):
        lines.append(_line(name, [row[s] for s in _SCORES], row["support"], left, digits))
    n = entry["n"]
    macro = [sum(row[s] for row in rows) / len(rows) for s in _SCORES]
    weighted = [sum(row[s] * row["support"] for row in rows) / n for s in _SCORES]
    accuracy = f"{entry['accuracy']:.{digits}f}"
    lines += [
        "",
        f"{'accuracy':>{left}}{'':>20}{accuracy:>10}{n:>10}",
        _line("macro avg", macro, n, left, digits),
        _line("weighted avg", weighted, n, left, digits),
    ]
    return "\n".join(lines) + "\n"


def splits_report(metrics: dict[str, Any]) -> str:
    """Join the classification reports of every split of `metrics.json`, each with a heading."""
    parts = []
    for name, entry in metrics["splits"].items():
        low, high = entry["accuracy_ci95"]
        title = (
            f"{name}: {entry['n']:,} images, accuracy {100 * entry['accuracy']:.2f} % "
            f"(95 % interval {100 * low:.2f} to {100 * high:.2f})"
        )
        parts.append(f"{title}\n{'=' * len(title)}\n\n{classification_report(entry)}")
    return "\n\n".join(parts)


def _line(name: str, scores: list[float], support: int, left: int, digits: int) -> str:
    return f"{name:>{left}}" + "".join(f"{s:>10.{digits}f}" for s in scores) + f"{support:>10}"
