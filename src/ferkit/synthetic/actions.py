"""Facial actions: what the muscles of a face do in each of the seven emotions.

The names are the action units (AU) of the Facial Action Coding System, FACS (Ekman and Friesen,
1978); which of them make an emotion follows EMFACS (Friesen and Ekman, 1983).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True)
class Actions:
    """How strongly each muscle acts: 0 is rest, 1 is the most that a face can do."""

    inner_brow_raiser: float = 0.0  # AU1
    outer_brow_raiser: float = 0.0  # AU2
    brow_lowerer: float = 0.0  # AU4, draws the brows together as well
    upper_lid_raiser: float = 0.0  # AU5
    cheek_raiser: float = 0.0  # AU6, the smile that reaches the eyes
    lid_tightener: float = 0.0  # AU7
    nose_wrinkler: float = 0.0  # AU9
    upper_lip_raiser: float = 0.0  # AU10
    lip_corner_puller: float = 0.0  # AU12
    lip_corner_depressor: float = 0.0  # AU15
    lower_lip_depressor: float = 0.0  # AU16
    chin_raiser: float = 0.0  # AU17
    tongue_show: float = 0.0  # AU19
    lip_stretcher: float = 0.0  # AU20
    lip_presser: float = 0.0  # AU23 and AU24
    lips_part: float = 0.0  # AU25
    jaw_drop: float = 0.0  # AU26
    mouth_stretch: float = 0.0  # AU27
    lid_droop: float = 0.0  # AU41
    eyes_down: float = 0.0  # AU64


# Every emotion has a few common forms; one is picked for each face.
EXPRESSIONS: dict[str, tuple[Actions, ...]] = {
    "angry": (
        Actions(brow_lowerer=1, upper_lid_raiser=0.35, lid_tightener=0.6, lip_presser=1,
                lip_corner_depressor=0.4, chin_raiser=0.4),
        Actions(brow_lowerer=1, upper_lid_raiser=0.5, lid_tightener=0.5, upper_lip_raiser=0.7,
                lower_lip_depressor=0.9, lips_part=1, jaw_drop=0.25, lip_stretcher=0.15),
        Actions(brow_lowerer=1, upper_lid_raiser=0.3, lid_tightener=0.5, upper_lip_raiser=0.6,
                lower_lip_depressor=0.5, lips_part=1, mouth_stretch=0.6),
    ),
    "disgust": (
        Actions(brow_lowerer=0.45, cheek_raiser=0.5, lid_tightener=0.9, nose_wrinkler=1,
                upper_lip_raiser=1, lip_corner_depressor=0.7, chin_raiser=0.7, lips_part=0.4),
        Actions(brow_lowerer=0.4, cheek_raiser=0.5, lid_tightener=0.9, nose_wrinkler=1,
                upper_lip_raiser=0.9, lip_corner_depressor=0.6, lower_lip_depressor=0.8,
                tongue_show=1, lips_part=1, jaw_drop=0.35),
    ),
    "fear": (
        Actions(inner_brow_raiser=1, outer_brow_raiser=0.35, brow_lowerer=0.6, upper_lid_raiser=1,
                lip_stretcher=1, lower_lip_depressor=0.7, lips_part=1, jaw_drop=0.2,
                lip_corner_depressor=0.45),
        Actions(inner_brow_raiser=1, outer_brow_raiser=0.3, brow_lowerer=0.6, upper_lid_raiser=1,
                lip_stretcher=0.8, lower_lip_depressor=0.4, lips_part=1, jaw_drop=0.75,
                lip_corner_depressor=0.3),
    ),
    "happy": (
        Actions(cheek_raiser=0.6, lip_corner_puller=1, lips_part=1, jaw_drop=0.25),
        Actions(cheek_raiser=1, lip_corner_puller=1, lips_part=1, jaw_drop=1),
        Actions(cheek_raiser=0.7, lip_corner_puller=0.9),
    ),
    "sad": (
        Actions(inner_brow_raiser=1, brow_lowerer=0.5, lip_corner_depressor=0.9, chin_raiser=0.6,
                lid_droop=0.7, eyes_down=0.5),
        Actions(inner_brow_raiser=1, brow_lowerer=0.4, lip_corner_depressor=1, chin_raiser=0.3,
                lid_droop=0.9, eyes_down=1),
    ),
    "surprise": (
        Actions(inner_brow_raiser=1, outer_brow_raiser=1, upper_lid_raiser=0.9, lips_part=0.6,
                jaw_drop=0.4, mouth_stretch=0.7),
        Actions(inner_brow_raiser=1, outer_brow_raiser=1, upper_lid_raiser=1, lips_part=1,
                mouth_stretch=1),
    ),
    "neutral": (Actions(),),
}  # fmt: skip


def sample_actions(emotion: str, rng: np.random.Generator) -> Actions:
    """Pick one form of `emotion`, its strength, and the small unrest that every face has.

    Args:
        emotion: One of `ferkit.labels.EMOTIONS`.
        rng: The source of chance.

    Returns:
        The actions, each from 0 to 1.
    """
    forms = EXPRESSIONS[emotion]
    form = forms[int(rng.integers(len(forms)))]
    strength = rng.uniform(0.68, 1.0)
    unrest = rng.uniform(0.0, 0.1, len(fields(Actions))) * (rng.random(len(fields(Actions))) < 0.5)
    values = {}
    for field, noise in zip(fields(Actions), unrest, strict=True):
        full = float(getattr(form, field.name))
        # Parted lips or a tongue at rest would change the emotion: only what acts may vary.
        quiet = field.name in ("tongue_show", "lips_part", "nose_wrinkler") and full == 0
        varied = full * strength * rng.uniform(0.85, 1.1) + (0.0 if quiet else noise)
        values[field.name] = float(np.clip(varied, 0.0, 1.0))
    return Actions(**values)
