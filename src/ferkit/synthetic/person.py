"""Person: what stays the same in a face whatever it feels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HAIR_STYLES = (
    "short", "parted", "fringe", "long", "curly", "bald", "bun", "scarf", "beanie",
)  # fmt: skip
_HAIR_ODDS = (0.21, 0.17, 0.13, 0.16, 0.12, 0.05, 0.06, 0.05, 0.05)
_BEARDS = ("none", "moustache", "full", "stubble")


@dataclass(frozen=True)
class Person:
    """One face at rest. Lengths are in head units, greys run from 0 to 255."""

    skin: float
    hair: float
    iris: float
    cloth: float
    head_width: float
    jaw_width: float
    chin_width: float
    hairline: float
    hair_style: str
    hair_volume: float
    parting: float  # -1 (left) to 1 (right)
    brow_width: float
    brow_arch: float
    eye_size: float
    eye_tilt: float
    eye_distance: float
    lashes: float  # 0 (none) to 1 (long)
    nose_width: float
    nose_length: float
    lip_fullness: float
    lip_tint: float
    mouth_width: float
    beard: str
    glasses: str
    freckles: bool
    age: float  # 0 (no lines at rest) to 1

    @property
    def line(self) -> float:
        """Grey of a drawn line on this skin."""
        return self.skin * 0.3


def _hair_grey(skin: float, age: float, rng: np.random.Generator) -> float:
    """Pick a hair colour: dark, fair or grey, well apart from the skin."""
    dark = rng.uniform(22, 75)
    if skin > 165 and rng.random() < 0.3:
        return float(rng.uniform(105, 150))
    if age > 0.6 and rng.random() < 0.6:
        return float(rng.uniform(185, 225) if skin < 185 else rng.uniform(120, 150))
    return float(min(dark, skin * 0.45))


def sample_person(rng: np.random.Generator) -> Person:
    """Return a person drawn by chance from `rng`."""
    skin, age, lashes = rng.uniform(112, 222), rng.beta(1.2, 2.0), rng.random()
    masculine = lashes < 0.45
    style = str(rng.choice(HAIR_STYLES, p=_HAIR_ODDS))
    if masculine and style in ("long", "bun", "scarf", "fringe"):
        style = str(rng.choice(("short", "parted", "curly")))
    if not masculine and style == "bald":
        style = "long"
    glasses = str(rng.choice(("none", "round", "square"), p=(0.82, 0.1, 0.08)))
    return Person(
        skin=skin,
        hair=_hair_grey(skin, age, rng),
        iris=rng.uniform(35, 100),
        cloth=rng.uniform(30, 215),
        head_width=rng.uniform(0.71, 0.8),
        jaw_width=rng.uniform(0.5, 0.6) + 0.06 * masculine,
        chin_width=rng.uniform(0.17, 0.25) + 0.04 * masculine,
        hairline=rng.uniform(-0.66, -0.54),
        hair_style=style,
        hair_volume=rng.uniform(0.06, 0.17),
        parting=rng.uniform(-0.8, 0.8),
        brow_width=rng.uniform(0.055, 0.075) + 0.03 * masculine,
        brow_arch=rng.uniform(0.02, 0.06),
        eye_size=rng.uniform(0.92, 1.1),
        eye_tilt=rng.uniform(-0.01, 0.035),
        eye_distance=rng.uniform(0.315, 0.35),
        lashes=0.0 if masculine else lashes,
        nose_width=rng.uniform(0.12, 0.175),
        nose_length=rng.uniform(0.3, 0.38),
        lip_fullness=rng.uniform(0.75, 1.15) - 0.15 * masculine,
        lip_tint=rng.uniform(0.58, 0.78) if not masculine else rng.uniform(0.74, 0.84),
        mouth_width=rng.uniform(0.24, 0.285),
        beard=str(rng.choice(_BEARDS, p=(0.55, 0.13, 0.17, 0.15))) if masculine else "none",
        glasses=glasses,
        freckles=bool(rng.random() < 0.08),
        age=age,
    )
