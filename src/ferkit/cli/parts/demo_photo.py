"""The demo's photograph: the faces in a portrait that NASA put into the public domain."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

# NASA's portrait of Eileen Collins, which `skimage.data.astronaut` documents as public domain.
_PHOTO = "data/astronaut.png"


def recognise_photo(out: Path) -> None:
    """Recognise the faces in scikit-image's portrait with the shipped model, and write the
    annotated picture into `out`.

    Without scikit-image, whose wheel contains the picture, it prints what to install.
    """
    found = find_spec("skimage")
    if found is None or found.origin is None:
        click.echo('To recognise a photograph as well: pip install "ferkit[demo]"', err=True)
        return
    import numpy as np
    from PIL import Image

    from ferkit.files import atomic_path
    from ferkit.inference.annotation.annotate import annotate
    from ferkit.inference.recognizer import EmotionRecognizer

    # The file itself: importing skimage takes a second.
    with Image.open(Path(found.origin).parent / _PHOTO) as picture:
        photo = np.asarray(picture.convert("RGB"))
    # MTCNN's weights are in its wheel, so this needs no network.
    faces = EmotionRecognizer(detector="mtcnn")(photo)
    target = out / "recognised.png"
    with atomic_path(target) as partial:
        Image.fromarray(annotate(photo, faces, enlarge=True)).save(partial, format="PNG")
    for name, confidence in zip(faces.label, faces.confidence, strict=True):
        click.echo(f"In NASA's portrait of an astronaut: {name}, confidence {confidence:.0%}")
    click.echo(f"Picture: {target.resolve()}")
