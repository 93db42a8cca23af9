"""The training of a model, from its card: data, settings, machine."""

from __future__ import annotations

from typing import Any

from ferkit.export.cards.markdown import duration, table
from ferkit.runs.config import TrainConfig
from ferkit.runs.levers.lever import levers

# The most important settings of a training; the card has all of them.
SETTINGS = (
    *(
        "recipe",
        "model",
        "start",
        "seed",
        "epochs",
        "batch_size",
        "optimizer",
        "learning_rate",
        "warmup_epochs",
    ),
    *("kernel_decay", "label_smoothing", "augment", "image_sizes", "votes_weight", "labels"),
    *("exclude_kinds", "precision"),
)


def training(card: dict[str, Any]) -> str:
    """Describe the training: data, settings and machine."""
    trained = card["training"]
    if "members" in card:
        return members(card)
    cycles = trained.get("cycles", [trained])
    configs = [cycle["config"] for cycle in cycles]
    rows = []
    for key in SETTINGS:
        lever = levers(TrainConfig)[key]
        values = [lever.text(lever.read(config.get(key))) for config in configs]
        if any(values):
            rows.append([f"`{key}`", *(value or "–" for value in values)])
    heads = ["value"] if len(cycles) == 1 else [f"cycle {i + 1}" for i in range(len(cycles))]
    counts = {split: sum(classes.values()) for split, classes in trained["data"]["counts"].items()}
    words = ", ".join(f"{n:,} in {split}" for split, n in counts.items())
    facts = [
        f"FER-2013 with the splits of the challenge: {words}. {excluded(trained['excluded'])}",
        *(cycle_facts(cycle, i + 1, len(cycles)) for i, cycle in enumerate(cycles)),
    ]
    if trained["config"].get("averaged"):
        facts.append(
            f"The weights are the mean of those of the {len(cycles)} cycles: "
            f"`{trained['environment']['command']}`"
        )
    return f"{table(['setting', *heads], rows)}\n" + "".join(f"- {fact}\n" for fact in facts)


def members(card: dict[str, Any]) -> str:
    """Say how each member of an ensemble was trained, and how they were joined."""
    text = (
        "The prediction is the mean of its members' probabilities, with one temperature. Weights "
        "are stored in 8 bits and converted to float32 for computation. "
        f"{excluded(card['training']['excluded'])}\n\n"
    )
    for each in card["members"]:
        cycles = each["training"].get("cycles", [each["training"]])
        facts = [cycle_facts(cycle, i + 1, len(cycles)) for i, cycle in enumerate(cycles)]
        text += f"- `{each['name']}`: {'; '.join(facts)}\n"
    return text


def cycle_facts(cycle: dict[str, Any], number: int, of: int) -> str:
    """Return epochs, machine, commit and command of one training."""
    environment = cycle["environment"]
    machine = environment.get("machine", {})
    begin = "" if of == 1 else f"Cycle {number}: "
    kept = f"epoch {cycle['best_epoch']} was the best on validation"
    text = f"{begin}{cycle['epochs']} epochs ({kept})"
    if environment.get("training_seconds"):
        text += f", {duration(environment['training_seconds'])}"
    if machine.get("processor"):
        text += f" on {environment['device']} ({machine['processor']}, {machine['cores']} cores)"
        text += f" in {environment['precision']}"
    if cycle.get("commit"):
        text += f", commit `{cycle['commit'][:12]}`"
    return f"{text}: `{environment.get('command')}`"


def excluded(found: dict[str, Any] | None) -> str:
    """Describe what was excluded from training by an audit."""
    if not found or not found["images"]:
        return "No training image was excluded."
    kinds = ", ".join(f"{n:,} {kind}" for kind, n in found["per_kind"].items() if n)
    return f"{found['images']:,} training images were excluded by an audit ({kinds})."


def rarest(card: dict[str, Any]) -> str:
    """Name the emotion with the fewest training images."""
    counts = card["training"]["data"]["counts"]["train"]
    name = min(counts, key=counts.__getitem__)
    share = counts[name] / sum(counts.values())
    return (
        f"{name.capitalize()} is {share:.1%} of the training images ({counts[name]:,}), so "
        "predictions of it are based on few examples."
    ).replace("%", " %")
