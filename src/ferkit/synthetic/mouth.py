"""Mouth: lips, teeth and tongue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ferkit.synthetic.actions import Actions
from ferkit.synthetic.canvas import Canvas
from ferkit.synthetic.curves import Points, ellipse
from ferkit.synthetic.head import jaw_drop
from ferkit.synthetic.person import Person

MOUTH_Y = 0.6
_T = np.linspace(-1.0, 1.0, 21)  # along the mouth, from its left (-1) to its right corner (1)
_BOW = 1 - 0.22 * np.exp(-((_T / 0.13) ** 2))  # the dip in the middle of the upper lip


@dataclass(frozen=True)
class Mouth:
    """Four curves from corner to corner, `(n, 2)` each, top to bottom, and what shows inside."""

    upper_edge: Points
    upper_seam: Points
    lower_seam: Points
    lower_edge: Points
    upper_teeth: float
    lower_teeth: float
    tongue: float

    @property
    def opening(self) -> float:
        """Widest distance between the lips, in head units."""
        return float(np.max(self.lower_seam[:, 1] - self.upper_seam[:, 1]))


def shape_mouth(person: Person, actions: Actions, skew: float) -> Mouth:
    """Return the mouth as the actions pull, part or press it; `skew` lifts one side, -1..1."""
    a = actions
    open_down = 0.03 * a.lips_part + 0.13 * a.jaw_drop + 0.3 * a.mouth_stretch
    open_down += 0.075 * a.lower_lip_depressor * a.lips_part + 0.04 * a.tongue_show
    open_up = (0.015 + 0.075 * a.upper_lip_raiser) * a.lips_part + 0.04 * a.mouth_stretch
    if a.lips_part < 0.12:  # sealed lips: a dropping jaw lowers them but does not part them
        open_down = open_up = 0.0
    stretch = 1 + 0.34 * a.lip_corner_puller + 0.3 * a.lip_stretcher - 0.12 * a.lip_presser
    stretch -= 0.4 * a.mouth_stretch * (1 - 0.8 * a.lower_lip_depressor) + 0.06 * a.chin_raiser
    x = person.mouth_width * stretch * _T
    # A grimace is square, a smile a bow, astonishment an oval.
    squareness = 2.0 + 2.4 * max(a.lip_stretcher, a.lower_lip_depressor) - 0.4 * a.mouth_stretch
    arch = np.sqrt(1 - np.abs(_T) ** squareness) if squareness < 2 else 1 - np.abs(_T) ** squareness
    if a.mouth_stretch > 0.3:
        arch = np.sqrt(np.maximum(arch, 0))
    bend = -0.15 * a.lip_corner_puller + 0.115 * a.lip_corner_depressor + 0.02 * a.lip_stretcher
    centre = MOUTH_Y + 0.3 * jaw_drop(a) - 0.035 * a.chin_raiser - 0.03 * a.nose_wrinkler
    centre -= 0.02 * a.upper_lip_raiser - 0.02 * a.lip_corner_puller
    seam = centre + bend * np.abs(_T) ** 1.7 + 0.006 * np.cos(_T * 9)
    seam = seam - skew * _T * (0.012 + 0.05 * a.upper_lip_raiser * a.nose_wrinkler)
    thin = person.lip_fullness * (1 - 0.6 * a.lip_presser - 0.25 * a.lip_stretcher)
    rim = (1 - np.abs(_T) ** 2.2) ** 0.75
    top = seam - open_up * arch
    bottom = seam + open_down * arch
    upper = top - (0.066 * thin + 0.012 * a.upper_lip_raiser) * rim * _BOW
    lower = bottom + (0.088 * thin + 0.022 * a.chin_raiser) * rim
    return Mouth(
        upper_edge=np.stack([x, upper], 1),
        upper_seam=np.stack([x, top], 1),
        lower_seam=np.stack([x, bottom], 1),
        lower_edge=np.stack([x, lower], 1),
        upper_teeth=0.09 * max(a.lip_corner_puller, a.upper_lip_raiser, 0.75 * a.lip_stretcher)
        + 0.03 * a.mouth_stretch,
        lower_teeth=0.085 * a.lower_lip_depressor * (1 - a.tongue_show),
        tongue=a.tongue_show,
    )


def cut_mouth(canvas: Canvas, mouth: Mouth) -> None:
    """Draw the inside of the mouth on the inset layer and cut the opening between the lips."""
    if mouth.opening < 0.02:
        return
    top, bottom = mouth.upper_seam, mouth.lower_seam
    canvas.fill(np.concatenate([top, bottom[::-1]]), 255, layer="holes")
    canvas.fill(ellipse(top[10] + (0, 0.1), 0.5, 0.55), 38, layer="inset")
    middle = 0.5 * (top[10] + bottom[10])
    width = top[-1, 0]
    tongue = ellipse((middle[0], bottom[10, 1] + 0.02), width * 0.62, 0.36 * mouth.opening)
    canvas.fill(tongue, 105, layer="inset")
    for edge, height in ((top, mouth.upper_teeth), (bottom, -mouth.lower_teeth)):
        if abs(height) < 0.02:
            continue
        gum = edge - (0, 0.02 * np.sign(height))
        biting = np.concatenate([gum, (edge + (0, height))[::-1]])
        canvas.fill(biting, 240, layer="inset")
        for x in np.linspace(-0.75, 0.75, 7) * width:
            root = np.interp(x, edge[:, 0], edge[:, 1])
            gap = np.array([(x, root), (x, root + height)])
            canvas.stroke(gap, 0.01, 190, layer="inset")


def draw_lips(canvas: Canvas, mouth: Mouth, person: Person) -> None:
    """Draw both lips, the seam between them and the light on the lower one."""
    upper, lower = person.skin * person.lip_tint, person.skin * (person.lip_tint + 0.06)
    canvas.fill(np.concatenate([mouth.upper_edge, mouth.upper_seam[::-1]]), upper * 0.92)
    canvas.fill(np.concatenate([mouth.lower_seam, mouth.lower_edge[::-1]]), lower)
    shine = 0.55 * mouth.lower_edge + 0.45 * mouth.lower_seam
    canvas.stroke(shine[6:15], 0.022, min(lower * 1.25, 250))
    dark = person.line * 0.75
    ends = 0.014 + 0.02 * (1 - np.abs(_T))
    canvas.stroke(mouth.upper_seam, ends, dark)
    if mouth.opening > 0.02:
        canvas.stroke(mouth.lower_seam, 0.014, dark * 1.2)
    for corner in (mouth.upper_seam[0], mouth.upper_seam[-1]):
        canvas.fill(ellipse(corner, 0.022, 0.02, n=10), dark * 1.3)
    if mouth.tongue > 0.3:
        _draw_tongue(canvas, mouth, person)


def _draw_tongue(canvas: Canvas, mouth: Mouth, person: Person) -> None:
    """Draw a tongue stuck out over the lower lip."""
    root = mouth.lower_seam[10]
    length, width = 0.1 + 0.1 * mouth.tongue, 0.62 * mouth.upper_seam[-1, 0]
    grey = max(person.skin * 0.72, 95)
    canvas.fill(ellipse(root + (0, 0.035), width * 1.08, length * 1.08), grey * 0.55)
    canvas.fill(ellipse(root + (0, 0.025), width, length), grey)
    groove = np.array([root + (0, -0.05), root + (0, 0.02), root + (0, 0.08)])
    canvas.stroke(groove, (0.03, 0.024, 0.008), grey * 0.7)
