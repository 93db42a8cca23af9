"""Commands whose options were renamed."""

from __future__ import annotations

import click


def renaming(names: dict[str, str]) -> type[click.Command]:
    """Return a command class that also accepts options by their old names and prints the new ones.

    Args:
        names: The new name of an option by its old one.
    """

    class RenamingCommand(click.Command):
        def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
            """Replace old names by new ones, then parse."""
            return super().parse_args(ctx, [_renamed(arg, names) for arg in args])

    return RenamingCommand


def _renamed(arg: str, names: dict[str, str]) -> str:
    name, equals, value = arg.partition("=")
    if name not in names:
        return arg
    click.echo(
        f"ferkit: {name} is called {names[name]} now; the old name goes with the next release.",
        err=True,
    )
    return f"{names[name]}{equals}{value}"
