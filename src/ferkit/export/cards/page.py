"""The page of a shipped model: its card in Markdown."""

from __future__ import annotations

from typing import Any

from ferkit.export.cards.figures import by_emotion, confidence, confusion, on_photographs, results
from ferkit.export.cards.markdown import percent, size_cells, table
from ferkit.export.cards.notes import DATA, FERPLUS, LAW, LIMITS, WILD_FERPLUS, WILD_LIMITS
from ferkit.export.cards.trained import rarest, training


def model_page(card: dict[str, Any]) -> str:
    """Return the page of one model."""
    name = card["name"]
    parts = [
        f"# {name}\n",
        introduction(card),
        "## Use\n",
        usage(card),
        *on_photographs(card),
        "## Results\n" if "ferplus" not in card else "## On FER-2013's own labels\n",
        results(card),
        "### By emotion\n",
        by_emotion(card),
        "### Confusion\n",
        confusion(card),
        "### Confidence\n",
        confidence(card),
        "## Training\n",
        training(card),
        "## Limits\n",
        f"- {rarest(card)}\n{WILD_LIMITS if 'ferplus' in card else ''}{LIMITS}",
        "## Law\n",
        LAW,
        "## Data and licence\n",
        DATA,
        *([WILD_FERPLUS if "ferplus" in card else FERPLUS] if extra_labels(card) else []),
        "## Files\n",
        files(card),
    ]
    return "\n".join(parts)


def extra_labels(card: dict[str, Any]) -> bool:
    """Return whether the model learned from more than FER-2013's own labels."""
    return bool(card["training"]["extra_labels"])


def introduction(card: dict[str, Any]) -> str:
    """Describe the model in numbers."""
    onnx, parameters, macs = size_cells(card)
    emotions = ", ".join(card["emotions"])
    return (
        f"`{card['name']}` classifies the apparent expression of a cropped face: {emotions}. "
        f"{purpose(card)}\n\n{parameters} parameters, {macs} "
        f"million multiply-accumulates per face, {onnx} MB; it needs only ONNX Runtime. Input: "
        "`(n, 48, 48, 1)` raw grey pixels 0..255, scaled inside the model. Output: calibrated "
        f"probabilities.{variant(card)}\n"
    )


def purpose(card: dict[str, Any]) -> str:
    """Say what the model is for."""
    if "ferplus" in card:
        return "It is for your own photographs."
    words = "It is for measuring on FER-2013; for your own photographs use a `-wild` model"
    if "wild" not in card:
        return f"{words}."
    found = card["wild"]["views"]["flip"]["neutral_recall"]
    return f"{words}. Of calm faces on photographs, this one recognises only {100 * found:.0f} %."


def variant(card: dict[str, Any]) -> str:
    """Name the model of an 8-bit variant."""
    model = card.get("variant_of")
    if model is None:
        return ""
    return (
        f"\n\nIt is [{model}]({model}.md) in 8-bit integers (static quantisation of weights, per "
        "channel, and of activations): smaller, and faster on CPUs with VNNI (see "
        f"[Benchmarks](../benchmarks.md)). For fine-tuning and heat maps use `{model}`."
    )


def usage(card: dict[str, Any]) -> str:
    """Show the usage of the model."""
    name = card["name"]
    finetune = (
        f"ferkit finetune {name} --data my-faces --out runs/mine\n"
        if "keras" in card["files"]
        else ""
    )
    return (
        f"```sh\nferkit predict photo.jpg --model {name}\n"
        f"ferkit evaluate {name} --data fer2013.csv\n{finetune}```\n\n"
        "```python\n"
        "from ferkit.inference.classifier import EmotionClassifier\n\n"
        f'classifier = EmotionClassifier("{name}")\n'
        "probabilities = classifier.predict(crops)  # (n, 48, 48) grey, uint8\n```\n"
    )


def files(card: dict[str, Any]) -> str:
    """Return names, sizes and hashes."""
    rows = [
        [f"`{file['name']}`", f"{file['bytes']:,}", f"`{file['sha256']}`"]
        for file in card["files"].values()
    ]
    parity = card["parity"]
    return (
        f"{table(['file', 'bytes', 'SHA-256'], rows)}\n"
        f"On {parity['n']:,} {parity['images']}, no probability of the ONNX file differs from that "
        f"of {parity['reference']} by more than "
        f"{parity['largest_difference']:.1g}; the accuracy is "
        f"{percent(parity['accuracy_exported'])} %, that of {parity['reference']} "
        f"{percent(parity['accuracy_reference'])} %. "
        "`ferkit.weights.model_card` returns everything on this page, and more.\n"
    )
