"""Skin: its shading under a light, the nose, and the lines that the muscles press into it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ferkit.labels import IMAGE_SIZE
from ferkit.synthetic.actions import Actions
from ferkit.synthetic.canvas import Canvas
from ferkit.synthetic.curves import ellipse, smooth
from ferkit.synthetic.head import jaw_drop
from ferkit.synthetic.person import Person
from ferkit.synthetic.pose import Pose


def skin_shading(
    pose: Pose, person: Person, actions: Actions, light: tuple[float, float, float]
) -> NDArray[np.float64]:
    """Return how bright the skin is at each pixel, `(48, 48)`, about 1 in full light.

    Args:
        pose: Where the head is.
        person: Whose head it is.
        actions: What the face does.
        light: Direction towards the light, a unit vector (right, down, out of the picture).
    """
    x, y = pose.head_grid(IMAGE_SIZE)
    u, v = x / (person.head_width * 1.08), (y - 0.02) / 1.16
    z = np.sqrt(np.maximum(1 - u**2 - v**2, 0.03))
    facing = np.clip(u * light[0] + v * light[1] + z * light[2], 0, 1)
    shading = 0.5 + 0.55 * facing
    smile, raised = actions.lip_corner_puller, actions.upper_lip_raiser
    eye, cheek = person.eye_distance, 0.32 - 0.05 * max(smile, actions.nose_wrinkler)
    drop = jaw_drop(actions)
    blobs = [  # x, y, spread x, spread y, strength
        (-eye + 0.08, -0.12, 0.2, 0.12, -0.17),
        (eye - 0.08, -0.12, 0.2, 0.12, -0.17),
        (0.0, -0.55, 0.32, 0.16, 0.07),
        (-0.42, cheek, 0.16, 0.12, 0.09 + 0.06 * smile),
        (0.42, cheek, 0.16, 0.12, 0.09 + 0.06 * smile),
        (0.0, 0.3 + person.nose_length * 0.1, 0.06, 0.06, 0.16),
        (0.0, 0.08, 0.035, 0.2, 0.1),
        (0.0, 0.78 + drop, 0.16, 0.035, -0.16),
        (0.0, 0.9 + drop, 0.14, 0.07, 0.07),
        (0.0, 0.46, 0.05, 0.05, -0.08 - 0.04 * raised),
    ]
    centres = pose.turn(np.array([blob[:2] for blob in blobs]))
    for (cx, cy), (_, _, sx, sy, strength) in zip(centres, blobs, strict=True):
        shading += strength * np.exp(-(((x - cx) / sx) ** 2) - ((y - cy) / sy) ** 2)
    return shading


def draw_nose_shadow(canvas: Canvas, person: Person, light_x: float) -> None:
    """Draw the soft shadows of the nose, deeper on the side away from the light."""
    base, half = person.nose_length, person.nose_width
    for side in (-1, 1):
        away = 0.5 - 0.5 * side * np.sign(light_x) * min(1.0, 2.5 * abs(light_x))
        flank = [(side * 0.06, -0.14), (side * 0.055, 0.05), (side * half * 0.6, base - 0.06),
                 (side * half * 1.15, base + 0.0), (side * half * 0.9, base - 0.12),
                 (side * 0.13, -0.02)]  # fmt: skip
        canvas.fill(flank, 128 - 14 - 30 * away, layer="soft")
    under = [(-half * 0.9, base + 0.03), (half * 0.9, base + 0.03), (half * 0.4, base + 0.1),
             (-half * 0.4, base + 0.1)]  # fmt: skip
    canvas.fill(under, 92, layer="soft")


def draw_nose(canvas: Canvas, person: Person, actions: Actions) -> None:
    """Draw nostrils and wings."""
    wrinkle = max(actions.nose_wrinkler, 0.5 * actions.upper_lip_raiser)
    base = person.nose_length - 0.035 * wrinkle
    half = person.nose_width * (1 + 0.12 * wrinkle + 0.1 * actions.brow_lowerer)
    for side in (-1, 1):
        nostril = ellipse((side * half * 0.48, base + 0.035), half * 0.27, 0.024, n=12)
        canvas.fill(nostril, person.line * 0.85)
        wing = smooth([(side * half * 0.86, base - 0.075), (side * half * 1.1, base - 0.01),
                       (side * half * 0.92, base + 0.045)])  # fmt: skip
        canvas.stroke(wing, (0.026, *np.full(len(wing) - 2, 0.03), 0.012), person.skin * 0.5)
    tip = smooth([(-half * 0.3, base + 0.055), (0, base + 0.075), (half * 0.3, base + 0.055)])
    canvas.stroke(tip, 0.02, person.skin * 0.5)


def draw_wrinkles(canvas: Canvas, person: Person, actions: Actions, mouth_x: float) -> None:
    """Draw the soft lines of forehead, brows, nose, eyes, cheeks and chin."""
    a, age, drop = actions, person.age, jaw_drop(actions)

    def line(points: list[tuple[float, float]], strength: float, width: float = 0.05) -> None:
        if strength > 0.08:
            curve = smooth(points)
            swell = 0.35 + 0.65 * np.sin(np.linspace(0, np.pi, len(curve)))
            canvas.stroke(curve, width * swell, 128 - 75 * min(strength, 1.1), layer="soft")

    frown = a.brow_lowerer * (1 - 0.4 * a.inner_brow_raiser)
    forehead = max(0.9 * a.inner_brow_raiser, a.outer_brow_raiser) + 0.25 * age
    for k in range(3):
        y, wide = -0.46 - 0.085 * k, 0.3 - 0.04 * k
        sag = 0.03 if a.outer_brow_raiser > 0.4 else -0.02
        line([(-wide, y + 0.02), (-0.12, y - sag), (0.12, y - sag), (wide, y + 0.02)],
             0.75 * forehead - 0.15 * k, 0.04)  # fmt: skip
    fold = max(0.85 * a.lip_corner_puller, a.nose_wrinkler, 0.8 * a.upper_lip_raiser, 0.45 * age)
    for s in (-1, 1):
        line([(s * 0.055, -0.34), (s * 0.05, -0.25), (s * 0.065, -0.17)], frown * 1.1, 0.05)
        for k in range(2):  # the bridge of the nose
            y = -0.1 + 0.085 * k
            line([(s * 0.015, y - 0.015), (s * 0.08, y), (s * 0.15, y + 0.045)],
                 a.nose_wrinkler, 0.045)  # fmt: skip
        nose, mouth = person.nose_width, max(mouth_x, 0.24)
        line([(s * (nose + 0.02), person.nose_length - 0.07), (s * (mouth + 0.04), 0.45),
              (s * (mouth + 0.09), 0.62 - 0.05 * a.lip_corner_puller + 0.5 * drop)],
             fold, 0.055)  # fmt: skip
        crow = a.cheek_raiser * 0.75 + 0.2 * age
        for k in (-1, 0, 1):
            line([(s * 0.54, EYE_CORNER + 0.02 * k), (s * 0.64, EYE_CORNER + 0.05 * k)],
                 crow - 0.1, 0.03)  # fmt: skip
        bag = max(a.cheek_raiser, 0.7 * a.lid_tightener, 0.5 * a.lid_droop, 0.6 * age)
        line([(s * 0.18, 0.08), (s * 0.32, 0.125), (s * 0.48, 0.08)], 0.8 * bag, 0.045)
        line([(s * 0.12, 0.9 + drop), (s * 0.05, 0.84 + drop)], a.chin_raiser - 0.2, 0.04)
        line([(s * (mouth + 0.02), 0.68), (s * (mouth + 0.05), 0.78)],
             a.lip_corner_depressor - 0.2, 0.05)  # fmt: skip


EYE_CORNER = -0.02
