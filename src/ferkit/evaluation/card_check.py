"""Comparison of an evaluation with the figures on a shipped model's card."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np

from ferkit.data.dataset import FerDataset


def split_digest(data: FerDataset, split: str) -> str:
    """Return a SHA-256 of the pixels and labels of a split, in an order that does not depend on the
    layout of the data.

    The same images have the same digest in Kaggle's folders and in the table.

    Raises:
        DataError: The split is empty.
    """
    part = data.split(split)
    names = np.array(part.emotions)[part.labels]
    rows = [
        sha256(image.tobytes() + name.encode()).digest()
        for image, name in zip(part.images, names.tolist(), strict=True)
    ]
    return sha256(b"".join(sorted(rows))).hexdigest()


def compare_with_card(metrics: dict[str, Any], card: dict[str, Any], data: FerDataset) -> list[str]:
    """Return one sentence for each split that is both in an evaluation and on the model's card.

    Args:
        metrics: The result of `evaluate`.
        card: `ferkit.weights.model_card(name)`.
        data: The evaluated data set.
    """
    lines = []
    for name, entry in metrics["splits"].items():
        digest = split_digest(data, name)
        section = _section(card, name, digest)
        stated = section["tta"].get(metrics["tta"], {}).get(name)
        if stated is None:
            continue
        figure = f"{stated['accuracy']:.2%}"
        if digest != section["data"]["digests"][name]:
            lines.append(
                f"{name}: other images than those of the model card, which states {figure}"
            )
            continue
        apart = abs(round(entry["accuracy"] * entry["n"]) - round(stated["accuracy"] * stated["n"]))
        if apart:
            images = "1 image" if apart == 1 else f"{apart} images"
            lines.append(
                f"{name}: differs from the model card ({figure}) by {images} of {entry['n']:,}; "
                "another processor rounds differently"
                if apart <= 3
                else f"{name}: DIFFERS from the model card, which states {figure}"
            )
        else:
            lines.append(f"{name}: equals the model card ({figure})")
    return lines


def _section(card: dict[str, Any], split: str, digest: str) -> dict[str, Any]:
    """Return the figures on FER+'s labels if the data has those, else on FER-2013's."""
    own: dict[str, Any] = card["evaluation"]
    votes: dict[str, Any] = card.get("ferplus", own)
    return votes if votes["data"]["digests"].get(split) == digest else own
