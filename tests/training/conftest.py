"""Fixtures for several tests of training."""

from __future__ import annotations

from pathlib import Path

import keras
import pytest
from fine_tuning import OWN
from tiny_net import tiny

from ferkit.labels import EMOTIONS
from ferkit.models import save_model
from ferkit.synthetic.synthesize import synthesize


@pytest.fixture(scope="module", autouse=True)
def _tiny_can_be_trained(with_tiny: None) -> None:
    pass


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model of the seven emotions."""
    keras.utils.set_random_seed(0)
    path = tmp_path_factory.mktemp("models") / "faces.keras"
    save_model(tiny(), path, EMOTIONS, {"extra_labels": True})
    return path


@pytest.fixture(scope="session")
def own_faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return drawn faces in `CLASS/FILE`, 21 in all, of three own classes, in colour and several
    sizes.
    """
    from PIL import Image

    folder = tmp_path_factory.mktemp("own")
    drawn = synthesize(folder / "drawn", per_class=7, seed=3)
    for emotion, name in OWN.items():
        (folder / "faces" / name).mkdir(parents=True)
        for number, file in enumerate(sorted((drawn / "train" / emotion).iterdir())):
            with Image.open(file) as image:
                size = (64 + number, 60)
                image.resize(size).convert("RGB").save(folder / "faces" / name / f"{number}.png")
    return folder / "faces"
