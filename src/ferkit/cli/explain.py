"""`ferkit explain`."""

from __future__ import annotations

from pathlib import Path

import click

from ferkit.cli.parts import options
from ferkit.cli.parts.picture_path import PicturePath
from ferkit.cli.parts.renaming import renaming


@click.command(cls=renaming({"--emotions": "--top-k"}))
@click.argument("image", type=click.Path())
@options.model(help="Shipped name, run folder or .keras file.")
@click.option(
    "--out", type=PicturePath(), required=True, help="Picture to draw: .png, .svg or .pdf."
)
@options.detector()
@options.detail()
@options.top_k(default=2, show_default=True)
@options.overwrite(expose_value=False)
def explain(image: str, model: str, out: Path, detector: str, detail: str, top_k: int) -> None:
    """Show which regions of each face in IMAGE support its most likely emotions.

    Each face is shown with heat maps (Grad-CAM) of its emotions; bright regions support them.
    Needs Keras.

    \b
    Examples:
      ferkit explain photo.jpg --out why.png
      ferkit explain photo.jpg --model runs/cnn6 --out why.png --top-k 3
    """  # noqa: D301 (click wants the backspace character itself)
    from ferkit.evaluation.explain import explain as explained

    display = explained(image, model, detector=detector, detail=detail, top_k=top_k)
    display.save(out)
    shown = "; ".join(", ".join(captions) for captions in display.captions())
    click.echo(f"{out}: {shown}")
