"""Printing and writing the summary of a video."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ferkit.errors import MissingDependencyError

# Most persons with their own line; the JSON lists all.
_MOST_PERSONS = 20


def write_summary(summary: dict[str, Any], json_file: Path, picture: Path) -> list[Path]:
    """Write the summary as JSON and its timeline as a picture; return the files."""
    from ferkit.displays.emotion_timeline import EmotionTimelineDisplay
    from ferkit.files import write_json

    write_json(json_file, summary)
    try:
        EmotionTimelineDisplay.from_summary(summary).save(picture)
    except MissingDependencyError as error:
        click.echo(f"ferkit: no timeline picture: {error}", err=True)
        return [json_file]
    return [json_file, picture]


def print_summary(summary: dict[str, Any], *, err: bool) -> None:
    """Print a line for each person and one for all."""
    emotions, persons = summary["emotions"], summary["persons"]
    width = 1 + max(8, *(len(name) for name in emotions))

    def tell(name: str, seconds: str, changes: object, cells: list[str]) -> None:
        columns = "".join(cell.rjust(width) for cell in cells)
        click.echo(f"{name:<14} {seconds:>10} {changes:>8}{columns}", err=err)

    def shares(part: dict[str, Any]) -> list[str]:
        return [f"{100 * part['share_of_time'][name]:.0f} %" for name in emotions]

    tell("share of time", "seconds", "changes", emotions)
    for person in persons[:_MOST_PERSONS]:
        name, seconds = f"person {person['track_id']}", f"{person['seconds']:.1f}"
        tell(name, seconds, person["change_count"], shares(person))
    if len(persons) > _MOST_PERSONS:
        click.echo(f"and {len(persons) - _MOST_PERSONS} more persons", err=err)
    everyone = summary["all_faces"]
    tell("all faces", f"{everyone['seconds']:.1f}", "", shares(everyone))
    seconds, whole = summary["seconds_with_face"], summary["duration_s"]
    click.echo(f"a face is visible in {seconds:.1f} of {whole:.1f} seconds", err=err)
