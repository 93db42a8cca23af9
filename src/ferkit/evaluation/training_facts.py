"""The facts about a training, as texts for its report."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ferkit.runs.config import TrainConfig
from ferkit.runs.levers.words import config_words


def training_facts(
    config: dict[str, Any] | None,
    environment: dict[str, Any] | None,
    metrics: dict[str, Any],
    kind: type[TrainConfig] = TrainConfig,
) -> list[tuple[str, str]]:
    """Return the facts about a training as pairs of name and description.

    Args:
        config: The run's config.json, or None for a model without one.
        environment: Its environment.json, or None.
        metrics: Its metrics.json.
        kind: The class of the config, whose levers have descriptions. Defaults to `TrainConfig`.
    """
    if config is None:
        return []
    told = config_words(config, kind)
    if "Model" in told and metrics["model"]["parameters"]:
        told["Model"] += f", {metrics['model']['parameters']:,} parameters"
    facts = list(told.items())
    if environment:
        facts.append(("Computed on", _compute(environment)))
    if environment and "training_seconds" in environment:
        facts.append(("Training time", _duration(environment["training_seconds"])))
    return facts


def _compute(environment: dict[str, Any]) -> str:
    return f"{environment['backend']} on {environment['device']} in {environment['precision']}"


def _duration(seconds: float) -> str:
    """Return a time as text.

    Example:
        >>> _duration(4000), _duration(42)
        ('1:06:40 h', '42 s')
    """
    return f"{round(seconds)} s" if seconds < 60 else f"{timedelta(seconds=round(seconds))} h"
