"""The summary of `ferkit data info` as tables on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ferkit.data.official import OFFICIAL_COUNTS
from ferkit.labels import SPLITS

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text


def print_summary(summary: dict[str, Any]) -> None:
    """Print the content of `summarize` as a table and a list of findings."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    console.print(counts_table(summary))
    console.print(findings(summary))
    for note in summary["notes"]:
        console.print(f"Note: {note}", style="yellow", markup=False)


def counts_table(summary: dict[str, Any]) -> Table:
    """Return the table of images per emotion and split; counts that differ from FER-2013 are shown
    with the official ones.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(summary["origin"]), title_justify="left", title_style="bold")
    table.add_column("emotion")
    for split in SPLITS:
        table.add_column(split, justify="right")
    splits = summary["splits"]
    emotions = list(splits["train"]["counts"])
    # Other labels have other counts, which is not a finding.
    compares = not summary["label_source"]
    for emotion in emotions:
        counts = [splits[split]["counts"][emotion] for split in SPLITS]
        official = [OFFICIAL_COUNTS[split].get(emotion) for split in SPLITS]
        cells = map(_cell, counts, official if compares else counts)
        table.add_row(emotion, *cells, end_section=emotion == emotions[-1])
    sizes = [splits[split]["n"] for split in SPLITS]
    official = [sum(OFFICIAL_COUNTS[split].values()) for split in SPLITS]
    totals = map(_cell, sizes, official if compares else sizes)
    table.add_row("all", *totals, style="bold")
    if compares and not summary["official"]:
        table.caption = "found != official, where a count differs from FER-2013"
    return table


def _cell(count: int, official: int | None) -> Text:
    from rich.text import Text

    if count == official:
        return Text(f"{count:,}")
    expected = "none" if official is None else f"{official:,}"
    return Text(f"{count:,} != {expected}", style="yellow")


def findings(summary: dict[str, Any]) -> Table:
    """Return the table of other findings, one per line."""
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    total = sum(split["n"] for split in summary["splits"].values())
    width, height = summary["image_size"]
    within, twins = summary["redundant_within"], summary["twins_of_train"]
    official = "yes, every count matches" if summary["official"] else "no"
    if summary["label_source"]:
        official = f"not with the labels {summary['label_source']}"
    rows = [
        ("images", f"{total:,}, {width}x{height} grey"),
        ("official FER-2013", official),
        (
            "redundant copies",
            f"{summary['redundant']:,} pixel-identical to another image "
            f"(within {', '.join(f'{split} {within[split]:,}' for split in SPLITS)})",
        ),
        (
            "twins of train",
            f"{twins['validation']:,} in validation, {twins['test']:,} in test: "
            "a model that learned from train has seen them",
        ),
        ("conflicting", f"{summary['conflicting']:,} distinct images with more than one label"),
        ("blank", f"{summary['blank']:,} images of a single grey level"),
    ]
    if summary["skipped"]:
        rows.append(("skipped", f"{summary['skipped']:,} items that cannot be used"))
    for name, text in rows:
        table.add_row(name, text)
    return table
