"""The name of a detector on the command line."""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import CompletionItem


class DetectorName(click.ParamType):  # type: ignore[type-arg] # no generic before click 8.5
    """A choice of all registered detectors, which are listed on use, not when a command is
    loaded.
    """

    name = "detector"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the name; fail at one that is not registered."""
        from ferkit.inference.detectors.registry import AUTO, find_detector

        if value == AUTO or find_detector(value):
            return value
        return _choice().convert(value, param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        """Return the list for a help page."""
        return _choice().get_metavar(param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names that begin with what was typed."""
        return _choice().shell_complete(ctx, param, incomplete)


def _choice() -> click.Choice[str]:
    from ferkit.inference.detectors import list_detectors

    return click.Choice(list_detectors())
