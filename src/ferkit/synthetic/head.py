"""Head: its outline, ears, neck and shoulders."""

from __future__ import annotations

import numpy as np

from ferkit.synthetic.actions import Actions
from ferkit.synthetic.canvas import Canvas
from ferkit.synthetic.curves import Points, mirrored, ribbon, smooth
from ferkit.synthetic.person import Person

CHIN_DEPTH = 0.3  # the chin sticks out, so it follows a turn of the head


def jaw_drop(actions: Actions) -> float:
    """Return how far the chin goes down, in head units."""
    return 0.08 * actions.jaw_drop + 0.17 * actions.mouth_stretch - 0.02 * actions.chin_raiser


def head_outline(person: Person, actions: Actions) -> Points:
    """Return the outline of the face, crown to chin and back, `(n, 2)`."""
    width, drop = person.head_width, jaw_drop(actions)
    cheek = 0.02 * actions.lip_corner_puller
    half = [
        (0.0, -1.02),
        (0.55 * width, -0.92),
        (0.92 * width, -0.6),
        (width, -0.18),
        (0.97 * width + cheek, 0.2),
        (0.55 * width + 0.5 * person.jaw_width - 0.01 + cheek, 0.52 + 0.3 * drop),
        (person.jaw_width - 0.04, 0.74 + 0.7 * drop),
        (person.chin_width + 0.05, 0.95 + drop),
        (0.0, 1.0 + drop),
    ]
    return smooth(mirrored(half), closed=True)


def draw_neck(canvas: Canvas, person: Person) -> None:
    """Draw neck and shoulders, darker than the face, under whose chin they lie."""
    neck = 0.62 * person.head_width
    shoulders = smooth(
        [(-1.7, 2.2), (-1.5, 1.5), (-0.95, 1.3), (-neck, 1.12), (0, 1.32), (neck, 1.12),
         (0.95, 1.3), (1.5, 1.5), (1.7, 2.2)]
    )  # fmt: skip
    throat = [(-neck, 0.4), (neck, 0.4), (neck * 1.05, 1.6), (-neck * 1.05, 1.6)]
    canvas.fill(throat, person.skin * 0.58, depth=0.0)
    middle = [(-neck * 0.5, 0.9), (neck * 0.5, 0.9), (neck * 0.4, 1.6), (-neck * 0.4, 1.6)]
    canvas.fill(middle, person.skin * 0.66, depth=0.0)
    canvas.fill(shoulders, person.cloth, depth=-0.1)
    canvas.stroke(shoulders[12:37], 0.06, person.cloth * 0.7, depth=-0.1)


def draw_ears(canvas: Canvas, person: Person) -> None:
    """Draw both ears behind the cheeks."""
    for side in (-1, 1):
        x = person.head_width
        ear = smooth(
            [(x - 0.06, -0.16), (x + 0.06, -0.2), (x + 0.12, -0.08), (x + 0.08, 0.12),
             (x + 0.02, 0.24), (x - 0.06, 0.2)], closed=True,
        )  # fmt: skip
        canvas.fill(ear * (side, 1), person.skin * 0.84, depth=-0.15)
        fold = smooth([(x + 0.0, -0.1), (x + 0.07, -0.11), (x + 0.06, 0.04), (x + 0.01, 0.12)])
        canvas.stroke(fold * (side, 1), 0.03, person.skin * 0.6, depth=-0.15)


def draw_head(canvas: Canvas, person: Person, actions: Actions) -> None:
    """Draw the skin mask of the face and the dark edge that parts it from the neck."""
    outline = head_outline(person, actions)
    # Depth differs along the outline, so the turn is applied here and the fill adds none.
    follow = CHIN_DEPTH * np.clip(outline[:, 1], 0.0, 1.0)
    turned = outline + np.stack(
        [follow * np.sin(canvas.pose.yaw), follow * np.sin(canvas.pose.pitch)], 1
    )
    canvas.fill(ribbon(turned, 0.05), person.skin * 0.42, depth=0.0)
    canvas.fill(turned, 255, depth=0.0, layer="skin")
