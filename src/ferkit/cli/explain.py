"""`ferkit explain`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("image", type=click.Path())
@click.option(
    "--model", default="small", show_default=True, help="Shipped name, run folder or .keras file."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Picture to write: .png, .svg or .pdf.",
)
@click.option(
    "--detector",
    type=click.Choice(["auto", "yunet", "mtcnn", "none"]),
    default="auto",
    show_default=True,
    help="What finds the faces; none: the image is the face.",
)
@click.option(
    "--detail", type=click.Choice(["normal", "high"]), default="normal", show_default=True
)
@click.option("--emotions", type=click.IntRange(1), default=2, show_default=True)
def explain(image: str, model: str, out: Path, detector: str, detail: str, emotions: int) -> None:
    """Show where in each face of IMAGE the evidence for its likeliest emotions lies.

    Each face stands beside heat maps (Grad-CAM) of its emotions; light places speak for them. Needs Keras.

    \b
    Examples:
      ferkit explain photo.jpg --out why.png
      ferkit explain photo.jpg --model runs/cnn6 --out why.png --emotions 3
    """  # noqa: D301 (click wants the backspace character itself)
    from ferkit.errors import UsageError
    from ferkit.evaluation.explain import explain as explained

    if out.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise UsageError(f"--out expects a name that ends in .png, .svg or .pdf, not {out}.")
    display = explained(image, model, detector=detector, detail=detail, emotions=emotions)
    display.save(out)
    shown = "; ".join(", ".join(captions) for captions in display.captions())
    click.echo(f"{out}: {shown}")
