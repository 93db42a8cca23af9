"""`ferkit audit`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ferkit.cli.parts import options


@click.command()
@options.data()
@options.ferplus()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write into.")
@options.seed()
@options.skip_bad()
@options.convert()
@options.as_json()
@options.overwrite()
@options.quiet()
def audit(
    data: str,
    ferplus: str | None,
    out: Path,
    seed: int,
    skip_bad: bool,
    convert: bool,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Find the defects of a data set: duplicates, leaks, bad pictures, likely label errors.

    Writes audit.csv (one row per finding), audit.json (counts) and audit.html (pictures) into
    --out. If interrupted, the same command continues. `ferkit train --exclude audit.csv` leaves the
    findings out.

    \b
    Examples:
      ferkit audit --data fer2013.csv --out audit
      ferkit audit --data fer2013.csv --ferplus fer2013new.csv --out audit
    """  # noqa: D301 (click wants the backspace character itself)
    from ferkit.audit.audit import audit as find
    from ferkit.cli.parts.output import tell_of_data
    from ferkit.data.load import load_fer2013

    dataset = load_fer2013(data, skip_bad=skip_bad, convert=convert, seed=seed)
    tell_of_data(dataset)
    summary = find(dataset, out, ferplus=ferplus, seed=seed, quiet=quiet, overwrite=overwrite)
    if as_json:
        click.echo(json.dumps(summary, indent=2))
        return
    _print(summary)
    click.echo(f"Page: {out / 'audit.html'}")


def _print(summary: dict[str, Any]) -> None:
    from ferkit.cli.parts.output import print_table
    from ferkit.labels import SPLITS

    rows = [
        [kind, *(f"{counts[split]:,}" for split in SPLITS), f"{summary['exclude'][kind]:,}"]
        for kind, counts in summary["findings"].items()
    ]
    print_table(["kind", *SPLITS, "left out"], rows, right=(*SPLITS, "left out"))
    told, near = summary["duplicates"], summary["near_duplicates"]
    twins = told["twins_of_train"]
    click.echo(
        f"{told['redundant']:,} redundant images; {twins['test']:,} test and "
        f"{twins['validation']:,} validation images "
        f"have a pixel-identical twin in train; {near['pairs']:,} pairs of near copies."
    )
