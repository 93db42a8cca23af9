"""What a run trained and how, in words for its report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

_SCHEDULE_FIELDS = (
    "learning_rate",
    "time_decay",
    "plateau_factor",
    "plateau_patience",
    "plateau_monitor",
)


def training_facts(
    config: dict[str, Any] | None, environment: dict[str, Any] | None, metrics: dict[str, Any]
) -> list[tuple[str, str]]:
    """Return what was trained and how, as pairs of name and words."""
    if config is None:
        return []
    parameters = metrics["model"]["parameters"]
    size = f", {parameters:,} parameters" if parameters else ""
    tellers: dict[str, tuple[tuple[str, ...], Callable[[], str]]] = {
        "Model": (("model",), lambda: f"{config['model']}{size}"),
        "Began with": (("start",), lambda: config["start"]),
        "Labels": (("labels",), lambda: _labels(config)),
        "Recipe": (("recipe",), lambda: config["recipe"]),
        "Augmentation": (("augment",), lambda: config["augment"]),
        "Optimizer": (("label_smoothing",), lambda: _optimizer(config)),
        "Learning rate": (_SCHEDULE_FIELDS, lambda: _schedule(config)),
        "Batch size": (("batch_size",), lambda: f"{config['batch_size']}"),
        "Epochs": (("epochs", "stop_patience", "stop_monitor"), lambda: _epochs(config)),
        "Second cycle": (("second_epochs", "second_rate"), lambda: _second_cycle(config)),
        "Seed": (("seed",), lambda: f"{config['seed']}"),
    }
    # A config of another version of ferkit may lack fields; the others are told all the same.
    told = {name: tell() for name, (needs, tell) in tellers.items() if config.keys() >= {*needs}}
    facts = [(name, words) for name, words in told.items() if words]
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
    labels = words.get(config["labels"], str(config["labels"]))
    weight = config.get("votes_weight", 0)
    return (
        f"{labels}, and FER+'s votes through a second head of weight {weight:g}"
        if weight
        else labels
    )


_OPTIMIZERS = {
    "adam": "Adam",
    "nesterov": "SGD with Nesterov momentum",
    "muon": "Muon (orthogonalised steps of convolutions, SGD with Nesterov momentum for the rest)",
}


def _optimizer(config: dict[str, Any]) -> str:
    words = [_OPTIMIZERS[config.get("optimizer", "adam")]]
    words[0] += " on categorical cross-entropy"
    if config["label_smoothing"]:
        words.append(f"label smoothing {config['label_smoothing']:g}")
    if config.get("kernel_decay"):
        words.append(f"weight decay {config['kernel_decay']:g} on kernels")
    return ", ".join(words)


def _schedule(config: dict[str, Any]) -> str:
    words = [f"{config['learning_rate']:g}"]
    if config.get("optimizer", "adam") != "adam":
        words[0] += " at its peak"
        words.append(
            f"after {config['warmup_epochs']:g} epochs of warm-up, then one cosine to nothing"
        )
    if config["time_decay"]:
        words.append(f"divided by 1 + {config['time_decay']:g} × step")
    if config["plateau_factor"] < 1:
        words.append(
            f"times {config['plateau_factor']:g} after {config['plateau_patience']} epochs "
            f"without better {config['plateau_monitor']}"
        )
    if config.get("start") and config.get("optimizer") == "adam":
        words.append(
            f"for the last layer; the others rest for {config['head_epochs']} epochs, "
            f"then learn at {config['body_rate']:g} times that"
        )
    return ", ".join(words)


def _epochs(config: dict[str, Any]) -> str:
    if not config["stop_patience"]:
        return f"{config['epochs']}"
    return (
        f"at most {config['epochs']}, stopped after {config['stop_patience']} "
        f"without better {config['stop_monitor']}"
    )


def _second_cycle(config: dict[str, Any]) -> str:
    if not config["second_epochs"]:
        return ""
    epochs = config["second_epochs"]
    return (
        f"{epochs} epoch{'s' * (epochs != 1)} at 48x48 from a rate of {config['second_rate']:g}; "
        "the model is the mean of "
        "both cycles' weights"
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
