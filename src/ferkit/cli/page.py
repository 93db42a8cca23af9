"""`ferkit page`: the web page as static files."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder to write: a new one, an empty one, or an earlier page.",
)
@click.option(
    "--model",
    "models",
    multiple=True,
    show_default="all that come with ferkit and are small enough for browsers",
    help="A shipped model to offer; can be given several times.",
)
def page(out: Path, models: tuple[str, ...]) -> None:
    """Write the web page as static files for any web server.

    The page recognises photos, the camera and videos in the browser: no picture leaves the tab, and
    it needs no Python and, once opened or installed, no network.
    """
    from ferkit.serving.static_page import write_page

    folder = write_page(out, models=models or None)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    click.echo(f"Wrote {folder} ({size / 1e6:.1f} MB). To open it, run:")
    click.echo(f"  python -m http.server --bind 127.0.0.1 --directory {folder} 8000")
    click.echo("and open http://127.0.0.1:8000")
