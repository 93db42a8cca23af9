"""A rotated picture gives the results of the upright one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ferkit import EmotionRecognizer
from ferkit.inference.detectors.builtin.yunet import YuNetDetector
from ferkit.inference.detectors.protocol import face_roll
from ferkit.synthetic.face import draw_face

YUNET = Path(__file__).resolve().parents[3] / "shared" / "models" / YuNetDetector.file.name


def drawn_pair() -> np.ndarray:
    """Return a picture of 400x200 with two drawn faces of 120 pixels, both happy."""
    import cv2

    picture = np.full((200, 400, 3), 110, np.uint8)
    for seed, left in ((0, 40), (5, 240)):
        face = draw_face("happy", np.random.default_rng(seed)).reshape(48, 48)
        large = cv2.resize(face, (120, 120), interpolation=cv2.INTER_CUBIC)
        picture[40:160, left : left + 120] = large[..., np.newaxis]
    return picture


@pytest.fixture(scope="module", params=["mtcnn", pytest.param("yunet", marks=pytest.mark.shared)])
def recognizer(request: pytest.FixtureRequest) -> EmotionRecognizer:
    if request.param == "mtcnn":
        return EmotionRecognizer("small-fer2013", "mtcnn", threads=1)
    if not YUNET.is_file():
        pytest.skip(f"YuNet is not at {YUNET}")
    return EmotionRecognizer("small-fer2013", YuNetDetector(YUNET, threads=1), threads=1)


@pytest.mark.parametrize(("quarters", "roll"), [(1, -90), (2, 180), (3, 90)])
def test_rotated_drawings_are_recognised_like_upright_ones(
    recognizer: EmotionRecognizer, quarters: int, roll: float
) -> None:
    upright = recognizer(drawn_pair())
    turned = recognizer(np.ascontiguousarray(np.rot90(drawn_pair(), quarters)))
    assert upright.label.tolist() == turned.label.tolist() == ["happy", "happy"]
    assert np.sort(turned.confidence) == pytest.approx(np.sort(upright.confidence), abs=0.02)
    assert np.sort(turned.face_score) == pytest.approx(np.sort(upright.face_score), abs=1e-3)
    assert turned.landmarks is not None
    for found in face_roll(turned.landmarks):
        assert abs((found - roll + 180) % 360 - 180) < 15
