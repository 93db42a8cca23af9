"""Words of a report about levers of `TrainConfig` that depend on each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ferkit.counted import counted

_LABELS = {
    "fer2013": "the data's own",
    "ferplus-majority": "the majority of FER+'s votes",
    "ferplus-votes": "the shares of FER+'s votes; validation and test by their majority",
}
_OPTIMIZERS = {
    "adam": "Adam",
    "nesterov": "SGD with Nesterov momentum",
    "muon": "Muon (orthogonalised steps of convolutions, SGD with Nesterov momentum for the rest)",
}


def labels(config: Mapping[str, Any]) -> str:
    """Describe the labels."""
    return _LABELS.get(config["labels"], str(config["labels"]))


def optimizer(config: Mapping[str, Any]) -> str:
    """Describe optimizer and loss."""
    name = config["optimizer"]
    return f"{_OPTIMIZERS.get(name, name)} on categorical cross-entropy"


def learning_rate(config: Mapping[str, Any]) -> str:
    """Describe the base rate, or the peak of the cosine."""
    rate = f"{config['learning_rate']:g}"
    return f"{rate} at its peak" if config["optimizer"] != "adam" else rate


def warmup(config: Mapping[str, Any]) -> str:
    """Describe warm-up and cosine, if the training has them."""
    if config["optimizer"] == "adam":
        return ""
    return f"after {config['warmup_epochs']:g} epochs of warm-up, then one cosine to zero"


def head_first(config: Mapping[str, Any]) -> str:
    """Describe which layers of a fine-tuning are frozen and when."""
    if config["optimizer"] != "adam" or config["start"] is None:
        return ""
    return (
        f"for the last layer; the others rest for {config['head_epochs']} epochs, "
        f"then learn at {config['body_rate']:g} times that"
    )


def epochs(config: Mapping[str, Any]) -> str:
    """Describe the number of epochs."""
    return f"at most {config['epochs']}" if config["stop_patience"] else f"{config['epochs']}"


def second_cycle(config: Mapping[str, Any]) -> str:
    """Describe the second cycle and the averaging."""
    count = config["second_epochs"]
    return (
        f"{counted(count, 'epoch')} at 48x48 from a rate of {config['second_rate']:g}; "
        "the model is the mean of both cycles' weights"
    )


def image_sizes(config: Mapping[str, Any]) -> str:
    """Describe the image sizes, smallest first."""
    return f"{', '.join(map(str, config['image_sizes']))} pixels, in equal shares of the epochs"


def teacher(config: Mapping[str, Any]) -> str:
    """Describe the teachers and their weight."""
    names = " and ".join(config["teacher"])
    return f"{names}, whose answer is {config['teacher_weight']:g} of each target"
