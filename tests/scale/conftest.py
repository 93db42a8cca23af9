"""Pictures for recognition at scale: small, drawn, some of them broken."""

from __future__ import annotations

import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Return a folder of 30 pictures, one broken, and a tar of three more with one broken."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(29):
        cv2.imwrite(str(folder / f"{number:02d}.png"), rng.integers(0, 255, (48, 48), np.uint8))
    (folder / "29.png").write_bytes(b"no picture")
    with tarfile.open(folder / "more.tar", "w") as archive:
        for number in (0, 1, 29):
            archive.add(folder / f"{number:02d}.png", arcname=f"{number:02d}.png")
    return folder
