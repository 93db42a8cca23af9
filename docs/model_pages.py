"""Write docs/models/*.md, the page of each shipped model, from the card next to its weights.

python docs/model_pages.py            write the pages
python docs/model_pages.py --check    fail if a page does not match its card
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ferkit.export.cards.markdown import percent, size_cells, table
from ferkit.export.cards.notes import FER2013_USE, WILD_USE
from ferkit.export.cards.page import model_page
from ferkit.files import write_text
from ferkit.weights import model_card, shipped_models

HERE = Path(__file__).resolve().parent
NOTE = "<!-- Made by docs/model_pages.py from src/ferkit/weights; change those. -->\n"
TTA = {
    "none": "one pass",
    "flip": "and its mirror image",
    "ten": "ten views (mirrored, shifted)",
}


def main() -> None:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if out of date")
    check = parser.parse_args().check
    stale = stale_pages(HERE / "models")
    if check and stale:
        sys.exit(f"Out of date: {', '.join(sorted(stale))}; run python docs/model_pages.py.")
    for name in stale:
        text = pages().get(name)
        if text is None:
            (HERE / "models" / name).unlink()
        else:
            write_text(HERE / "models" / name, text)


def stale_pages(folder: Path) -> set[str]:
    """Return the names of pages that are missing, out of date or of no shipped model."""
    wanted = pages()
    found = {file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.md")}
    return {name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)}


def pages() -> dict[str, str]:
    """Return the text of every page by file name."""
    cards = [model_card(name) for name in shipped_models()]
    return {
        "index.md": index_page(cards),
        **{f"{c['name']}.md": f"{NOTE}\n{model_page(c)}" for c in cards},
    }


def index_page(cards: list[dict[str, Any]]) -> str:
    """Return the overview of all models."""
    wild = [card for card in cards if "ferplus" in card]
    own = [card for card in cards if "ferplus" not in card]
    parts = [
        NOTE,
        "# Shipped models\n",
        "`small-wild` is the default. These models need no Keras. A checkout contains all of them; "
        "an installed wheel contains the `nano` and `small` ones and downloads a `base` or `best` "
        "model on its first use. A file that is not the measured one is refused by its SHA-256.\n",
        "People disagree about expressions, so the names say whose labels a model answers with: "
        "`-wild` for your own photographs, `-fer2013` for measuring on FER-2013. `nano`, `small` "
        "and `base` grow in size; `base-wild` and the `best` models are the mean of several "
        "networks in one file.\n",
        "## For your own photographs: `-wild`\n",
        WILD_USE,
        wild_table(wild) if wild else "None so far.\n",
        "## For measuring on FER-2013: `-fer2013`\n",
        FER2013_USE,
        own_table(own) if own else "None so far.\n",
    ]
    if cards:
        names = "\n".join(card["name"] for card in cards)
        parts.append(f"```{{toctree}}\n:hidden:\n\n{names}\n```\n")
    return "\n".join(parts)


def wild_table(cards: list[dict[str, Any]]) -> str:
    """Return what the models for photographs reach, with the mirror image, as recognition asks."""
    rows = []
    for card in cards:
        photos = card["wild"]["views"]["flip"]
        votes = card["ferplus"]["tta"]["flip"]["test"]
        test = card["evaluation"]["tta"]["flip"]["test"]
        rows.append(
            [
                f"[{card['name']}]({card['name']}.md)",
                *size_cells(card),
                percent(photos["accuracy"]),
                percent(photos["balanced_accuracy"]),
                percent(photos["neutral_recall"]),
                percent(photos["ece"]),
                percent(votes["accuracy"]),
                percent(test["accuracy"]),
            ]
        )
    head = ["model", "MB", "parameters", "MMAC", "photographs", "balanced", "neutral", "ECE"]
    return table([*head, "FER+ test", "FER-2013 test"], rows)


def own_table(cards: list[dict[str, Any]]) -> str:
    """Return what the models for FER-2013's labels reach on its test split."""
    rows = []
    for card in cards:
        test = card["evaluation"]["tta"]["none"]["test"]
        views = card["evaluation"]["tta"]
        ten = percent(views["ten"]["test"]["accuracy"]) if "ten" in views else "–"
        rows.append(
            [
                f"[{card['name']}]({card['name']}.md)",
                *size_cells(card),
                percent(test["accuracy"]),
                percent(test["clean_accuracy"]),
                percent(views["flip"]["test"]["accuracy"]),
                ten,
                percent(test["macro_f1"]),
                percent(test["ece"]),
            ]
        )
    head = [
        "model",
        "MB",
        "parameters",
        "MMAC",
        "test",
        "clean",
        "mirrored",
        "ten views",
        "macro F1",
        "ECE",
    ]
    taught = [f"`{card['name']}`" for card in cards if card["training"]["extra_labels"]]
    names = "All of them" if len(taught) == len(cards) else ", ".join(taught) or "None of them"
    return f"{names} also learned from the votes of FER+ (extra labels).\n\n{table(head, rows)}"


if __name__ == "__main__":
    main()
