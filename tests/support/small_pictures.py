"""Pictures of an evaluation with few pixels: packing them takes most of its time."""

from __future__ import annotations

from ferkit.displays.base import Display


def draw_small() -> None:
    """Give pictures a sixteenth of their pixels in this process, where none says how many."""
    Display.save.__kwdefaults__["dpi"] = 50
