"""Extras: beards, freckles, tears and glasses."""

from __future__ import annotations

import numpy as np

from ferkit.synthetic.actions import Actions
from ferkit.synthetic.canvas import Canvas
from ferkit.synthetic.curves import ellipse, smooth
from ferkit.synthetic.head import jaw_drop
from ferkit.synthetic.mouth import Mouth
from ferkit.synthetic.person import Person


def draw_beard(
    canvas: Canvas, person: Person, actions: Actions, mouth: Mouth, rng: np.random.Generator
) -> None:
    """Draw a moustache, a full beard or stubble, before the lips."""
    if person.beard == "none":
        return
    w, drop = person.head_width, jaw_drop(actions)
    grey = min(person.hair, person.skin * 0.6) * 0.95
    lip = mouth.upper_edge
    if person.beard != "moustache":
        half = [(0.96 * w, 0.08), (0.9 * w, 0.45), (person.jaw_width + 0.02, 0.8 + drop),
                (person.chin_width + 0.05, 1.0 + drop), (0.0, 1.05 + drop)]  # fmt: skip
        cheek = [(0.88 * w, 0.14), (0.74 * w, 0.42), (lip[-1, 0] + 0.1, 0.52), (0.12, 0.475),
                 (0.0, 0.46)]  # fmt: skip
        edge = smooth(half[::-1] + cheek)
        outline = np.concatenate([edge, edge[::-1] * (-1, 1)])
        if person.beard == "stubble":
            canvas.fill(outline, 100, layer="soft")
            return
        canvas.fill(outline, grey)
        _draw_bristles(canvas, person, drop, grey, rng)
    left, right = lip[0] + (-0.03, 0.03), lip[-1] + (0.03, 0.03)
    top = lip[10] - (0, 0.05)
    for end in (left, right):
        whisker = smooth([top, 0.5 * (top + end) + (0, -0.035), end])
        canvas.stroke(whisker, np.linspace(0.1, 0.035, len(whisker)), grey)
        canvas.hair_line(whisker[1:-2] - (0, 0.015), grey * 1.3 + 15, depth=None)


def _draw_bristles(
    canvas: Canvas, person: Person, drop: float, grey: float, rng: np.random.Generator
) -> None:
    """Draw short hairs over a full beard."""
    angles, greys = rng.uniform(0.1, np.pi - 0.1, 40), rng.uniform(0.7, 1.45, 40)
    for angle, tone in zip(angles, greys, strict=True):
        reach = rng.uniform(0.82, 1.0)
        root = np.array([np.cos(angle) * 0.78 * person.head_width, 0.32 + 0.66 * np.sin(angle)])
        root = root * (reach, reach) + (0, drop)
        tip = root + (np.cos(angle) * 0.03, 0.08)
        canvas.hair_line(np.stack([root, tip]), grey * tone, depth=None)


def draw_freckles(canvas: Canvas, person: Person, rng: np.random.Generator) -> None:
    """Sprinkle freckles over nose and cheeks."""
    if person.freckles:
        for x, y in rng.normal((0, 0.22), (0.27, 0.07), (26, 2)):
            canvas.fill(ellipse((x, y), 0.014, 0.013, n=6), person.skin * 0.66)


def draw_tear(canvas: Canvas, side: int, person: Person) -> None:
    """Draw a tear below the eye on `side`."""
    x = side * (person.eye_distance + 0.03)
    track = smooth([(x, 0.06), (x + 0.01 * side, 0.18), (x + 0.03 * side, 0.3)])
    canvas.stroke(track, np.linspace(0.02, 0.05, len(track)), min(person.skin * 1.22, 250))
    canvas.fill(ellipse(track[-1], 0.042, 0.055), min(person.skin * 1.3, 252))
    canvas.fill(ellipse(track[-1] + (0.012, 0.018), 0.02, 0.025, n=8), person.skin * 0.8)


def draw_glasses(canvas: Canvas, person: Person) -> None:
    """Draw glasses in front of the eyes."""
    if person.glasses == "none":
        return
    frame = 35 if person.skin > 95 else 215
    for side in (-1, 1):
        centre = (side * person.eye_distance * 1.04, 0.0)
        if person.glasses == "round":
            rim = ellipse(centre, 0.235, 0.225, n=26)
        else:
            corners = [(-0.24, -0.15), (0.24, -0.16), (0.22, 0.16), (-0.2, 0.17)]
            mid = [(0, -0.165), (0.25, 0.0), (0, 0.18), (-0.24, 0.0)]
            loop = [p for pair in zip(corners, mid, strict=True) for p in pair]
            rim = smooth(np.array(loop) * (side, 1) + centre, samples=4, closed=True)
        canvas.stroke(np.concatenate([rim, rim[:2]]), 0.034, frame)
        arm = np.array([(side * (person.eye_distance + 0.25), -0.04),
                        (side * (person.head_width + 0.01), -0.07)])  # fmt: skip
        canvas.stroke(arm, 0.032, frame)
    bridge = smooth([(-0.12, -0.01), (0, -0.045), (0.12, -0.01)])
    canvas.stroke(bridge, 0.034, frame)
