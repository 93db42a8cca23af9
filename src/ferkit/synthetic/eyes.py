"""Eyes and brows: where most of an expression is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ferkit.synthetic.actions import Actions
from ferkit.synthetic.canvas import Canvas
from ferkit.synthetic.curves import Points, ellipse, smooth
from ferkit.synthetic.person import Person

EYE_Y = -0.03
_T = np.linspace(-1.0, 1.0, 15)  # along an eye, from its inner (-1) to its outer corner (1)
_ARCH = (1 - np.abs(_T) ** 2.3) ** 0.8


@dataclass(frozen=True)
class Eye:
    """One eye: its lids as curves from the inner to the outer corner, `(n, 2)` each."""

    side: int
    centre: tuple[float, float]
    upper: Points
    lower: Points


def shape_eye(side: int, person: Person, actions: Actions) -> Eye:
    """Return the eye on `side` (-1 left, 1 right) as the actions open or narrow it."""
    half = 0.175 * person.eye_size
    x = side * (person.eye_distance + half * _T)
    up = 0.098 + 0.065 * actions.upper_lid_raiser - 0.028 * actions.lid_tightener
    up -= 0.034 * actions.cheek_raiser + 0.015 * actions.nose_wrinkler
    low = 0.058 + 0.028 * actions.upper_lid_raiser - 0.035 * actions.lid_tightener
    low -= 0.055 * actions.cheek_raiser
    # Anger presses the lid down at the nose, sorrow lets it hang at the temple.
    sorrow = actions.inner_brow_raiser * (1 - actions.outer_brow_raiser) * actions.lid_droop
    anger = actions.brow_lowerer * (1 - actions.inner_brow_raiser)
    lid = 1 - 0.55 * anger * (1 - _T) / 2 - 0.42 * sorrow * (1 + _T) / 2
    lid -= 0.28 * actions.lid_droop
    slant = EYE_Y - person.eye_tilt * _T + 0.03 * sorrow * _T - 0.02 * anger * _T
    upper = slant - up * person.eye_size * _ARCH * lid
    lower = slant + low * person.eye_size * _ARCH
    lower = np.maximum(lower, upper + 0.045 * _ARCH)
    return Eye(
        side, (side * person.eye_distance, EYE_Y), np.stack([x, upper], 1), np.stack([x, lower], 1)
    )


def cut_eye(canvas: Canvas, eye: Eye, person: Person, gaze: tuple[float, float]) -> None:
    """Draw the eyeball on the inset layer and cut the opening between the lids."""
    opening = np.concatenate([eye.upper, eye.lower[::-1]])
    white = min(235.0, 150 + 0.4 * person.skin)
    canvas.fill(opening, 255, layer="holes")
    box = ellipse(eye.centre, 0.24, 0.24)
    canvas.fill(box, white, layer="inset")
    x, y = eye.centre[0] + gaze[0], eye.centre[1] - 0.012 + gaze[1]
    radius = 0.098 * person.eye_size
    canvas.fill(ellipse((x, y), radius, radius), person.iris * 0.45, layer="inset")
    canvas.fill(ellipse((x, y), radius * 0.8, radius * 0.8), person.iris + 25, layer="inset")
    canvas.fill(ellipse((x, y), radius * 0.48, radius * 0.48), 12, layer="inset")
    canvas.stroke(eye.upper + (0, 0.015), 0.04, white * 0.55, layer="inset")
    glint = ellipse((x - 0.035, y - 0.04), 0.03, 0.03, n=10)
    canvas.fill(glint, 255, layer="inset")


def draw_lids(canvas: Canvas, eye: Eye, person: Person, actions: Actions) -> None:
    """Draw lashes, the fold above the eye, the lower lid and the bag below it."""
    taper = 0.35 + 0.65 * np.clip((_T + 1) / 1.2, 0, 1)
    width = (0.036 + 0.022 * person.lashes) * taper
    canvas.stroke(eye.upper, width, person.line * 0.55)
    if person.lashes > 0.3:
        outer, side = eye.upper[-1], eye.side
        wing = smooth([eye.upper[-4], outer, outer + (side * 0.05, -0.045 * person.lashes)])
        canvas.stroke(wing, np.linspace(0.045, 0.008, len(wing)), person.line * 0.55)
    canvas.stroke(eye.lower, 0.018 * (0.4 + taper), person.skin * 0.5)
    rise = 0.045 * _ARCH + 0.012 - 0.02 * actions.upper_lid_raiser
    fold = np.stack([eye.upper[:, 0], eye.upper[:, 1] - rise], 1)
    canvas.stroke(fold[1:], 0.02 * _ARCH[1:] + 0.004, person.skin * 0.55)


def draw_brow(canvas: Canvas, side: int, person: Person, actions: Actions) -> None:
    """Draw the brow on `side` (-1 left, 1 right): a tapering stroke with hairs."""
    inner, outer, lower = (
        actions.inner_brow_raiser, actions.outer_brow_raiser, actions.brow_lowerer
    )  # fmt: skip
    press = lower * (1 - 0.85 * inner)  # the inner raiser wins over the lowerer
    x = np.array([0.15, 0.27, 0.42, 0.56]) + np.array([-0.06, -0.03, -0.01, 0]) * lower
    y = np.array([-0.275, -0.3, -0.31, -0.255]) - person.brow_arch * np.array([0, 0.6, 1, 0])
    y += press * np.array([0.135, 0.085, 0.015, -0.025])
    y += actions.nose_wrinkler * np.array([0.06, 0.04, 0.025, 0.01])
    y -= inner * np.array([0.135, 0.055, 0.0, -0.015]) + outer * np.array([0.01, 0.1, 0.15, 0.1])
    y += 0.03 * actions.cheek_raiser * (1 - outer) * np.array([0, 0, 0.3, 0.6])
    line = smooth(np.stack([side * x, y], 1))
    along = np.linspace(0, 1, len(line))
    width = person.brow_width * (0.72 + 0.6 * along - 1.1 * along**3)
    grey = min(person.hair * 0.9, person.skin * 0.42)
    if person.hair_style in ("scarf", "beanie", "bald"):
        grey = min(grey, person.skin * 0.35)
    canvas.stroke(line, width, grey)
    for k in range(1, len(line) - 2, 2):
        root = line[k] + (0, 0.3 * width[k])
        tip = line[k + 1] + (side * 0.015, -0.55 * width[k])
        canvas.hair_line(np.stack([root, tip]), grey * 0.7, depth=None)
