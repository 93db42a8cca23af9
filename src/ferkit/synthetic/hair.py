"""Hair, and what people wear on it."""

from __future__ import annotations

import numpy as np

from ferkit.synthetic.canvas import Canvas
from ferkit.synthetic.curves import Points, ellipse, smooth
from ferkit.synthetic.person import Person

_SIDE_DEPTH = -0.1  # hair at the back of the head turns the other way


def _dome(person: Person, bottom: float, extra: float = 0.0) -> Points:
    """Return the outer edge of the hair from the left temple over the crown to the right."""
    grow = person.hair_volume + extra
    width = person.head_width + 0.75 * grow
    half = [(-width, bottom), (-width * 1.02, -0.3), (-0.93 * width, -0.68),
            (-0.55 * width, -1.0 - 0.8 * grow), (0.0, -1.07 - grow)]  # fmt: skip
    return smooth(half + [(-x, y) for x, y in half[-2::-1]])


def _front_edge(person: Person, bottom: float) -> Points:
    """Return the inner edge, along the hairline, from the left temple to the right."""
    w, h, part = person.head_width, person.hairline, 0.4 * person.parting
    style = person.hair_style
    if style == "fringe":
        points = [(-w * 0.97, bottom), (-w * 0.9, -0.2), (-0.6 * w, -0.4), (-0.2, -0.43),
                  (0.2, -0.43), (0.6 * w, -0.4), (w * 0.9, -0.2), (w * 0.97, bottom)]  # fmt: skip
    elif style in ("parted", "long"):
        points = [(-w * 0.97, bottom), (-w * 0.9, -0.22), (-0.62 * w, h + 0.12 - 0.1 * part),
                  (part - 0.06, h - 0.16), (part + 0.06, h - 0.16),
                  (0.62 * w, h + 0.12 + 0.1 * part), (w * 0.9, -0.22),
                  (w * 0.97, bottom)]  # fmt: skip
    else:
        points = [(-w * 0.97, bottom), (-w * 0.9, -0.3), (-0.72 * w, h + 0.06), (-0.3, h - 0.04),
                  (0.3, h - 0.04), (0.72 * w, h + 0.06), (w * 0.9, -0.3),
                  (w * 0.97, bottom)]  # fmt: skip
    return smooth(points)


def draw_back_hair(canvas: Canvas, person: Person) -> None:
    """Draw what hangs or stands behind the head."""
    style, w, grey = person.hair_style, person.head_width, person.hair * 0.72
    if style in ("long", "fringe"):
        fall = 1.9 if style == "long" else 0.85
        wide = w + person.hair_volume + 0.06
        half = [(0.0, -1.1), (0.8 * wide, -0.8), (wide, -0.1), (wide * 1.06, 0.5),
                (wide * (1.1 if style == "long" else 0.98), fall)]  # fmt: skip
        outline = smooth([(-x, y) for x, y in half[::-1]] + half[1:])
        canvas.fill(outline, grey, depth=_SIDE_DEPTH)
        for x in np.linspace(-wide, wide, 18):
            lock = smooth([(x * 0.98, 0.0), (x * 1.03, 0.5), (x * 1.04, fall)])
            canvas.hair_line(lock, grey * (1.4 if int(x * 50) % 2 else 0.7), depth=_SIDE_DEPTH)
    elif style == "bun":
        canvas.fill(ellipse((0, -1.14), 0.34, 0.26), person.hair * 0.85, depth=-0.2)
    elif style == "scarf":
        wide = w + 0.2
        drape = smooth([(-1.1, 2.0), (-wide * 1.02, 0.9), (-wide, -0.2), (-0.66 * wide, -0.95),
                        (0, -1.2), (0.66 * wide, -0.95), (wide, -0.2), (wide * 1.02, 0.9),
                        (1.1, 2.0)])  # fmt: skip
        canvas.fill(drape, person.cloth, depth=_SIDE_DEPTH)


def draw_hair(canvas: Canvas, person: Person, rng: np.random.Generator) -> None:
    """Draw the hair in front of the forehead, or the cap or scarf over it."""
    style = person.hair_style
    if style == "bald":
        return
    if style == "scarf":
        _draw_scarf(canvas, person)
        return
    if style == "beanie":
        _draw_beanie(canvas, person)
        return
    bottom = {"long": 0.7, "fringe": 0.55, "curly": 0.05}.get(style, -0.02)
    outer = _dome(person, bottom, 0.1 if style == "curly" else 0.0)
    inner = _front_edge(person, bottom)
    turned = canvas.pose.turn(inner)
    grey = person.hair
    canvas.fill(np.concatenate([outer, turned[::-1]]), grey, depth=0.0)
    if style == "curly":
        _draw_curls(canvas, outer, turned, grey, rng)
    else:
        _draw_strands(canvas, outer, turned, person, rng)


def _draw_strands(
    canvas: Canvas, outer: Points, inner: Points, person: Person, rng: np.random.Generator
) -> None:
    """Draw single hairs from the parting down to both edges, light where the dome shines."""
    grey, steps = person.hair, 44
    part = np.array([0.4 * person.parting, -1.0])
    tips = np.linspace(0, 1, steps) + rng.uniform(-0.012, 0.012, steps)
    greys = rng.uniform(0.62, 1.0, steps)
    for k in range(steps):
        share = min(max(tips[k], 0.0), 1.0)
        rim = inner[int(share * (len(inner) - 1))]
        dome = outer[int(share * (len(outer) - 1))]
        mix = (k % 4) / 3.0
        end = rim * (1 - mix) + dome * mix
        bend = 0.5 * (part + end) + 0.35 * (dome - 0.5 * (part + end))
        lock = smooth([part, bend, end], samples=4)
        canvas.hair_line(lock, grey * greys[k])
        if k % 2:
            canvas.hair_line(lock[2:6], min(grey * 1.25 + 34, 250) * (0.8 + 0.2 * greys[k]))


def _draw_curls(
    canvas: Canvas, outer: Points, inner: Points, grey: float, rng: np.random.Generator
) -> None:
    """Draw curls: small discs of changing grey over the whole of the hair."""
    for k in range(70):
        share, mix = rng.random(), rng.random() ** 0.8
        a = inner[int(share * (len(inner) - 1))]
        b = outer[int(share * (len(outer) - 1))]
        centre, size = a * (1 - mix) + b * mix, rng.uniform(0.05, 0.09)
        tone = grey * rng.uniform(0.6, 1.1) + 16 * mix
        canvas.fill(ellipse(centre, size, size, n=10), tone, depth=0.0)
        if k % 2:
            shine = ellipse(centre - (0.015, 0.02), size * 0.45, size * 0.4, n=8)
            canvas.fill(shine, tone * 1.3 + 12, depth=0.0)


def _draw_scarf(canvas: Canvas, person: Person) -> None:
    """Draw a headscarf framing the face down to the chin."""
    w, cloth = person.head_width, person.cloth
    rim = mirrored_rim(w)
    face = canvas.pose.turn(rim)
    wide = w + 0.2
    outer = smooth([(0, -1.2), (0.66 * wide, -0.95), (wide, -0.2), (wide, 0.8), (0.5, 1.45),
                    (0, 1.5), (-0.5, 1.45), (-wide, 0.8), (-wide, -0.2), (-0.66 * wide, -0.95)],
                   closed=True)  # fmt: skip
    ring = np.concatenate([outer, outer[:1], face[:1], face[::-1]])
    canvas.fill(ring, cloth, depth=0.0)
    canvas.stroke(np.concatenate([face, face[:1]]), 0.035, cloth * 0.6, depth=0.0)
    for k in (0.35, 0.65):
        fold = outer * k + face[np.linspace(0, len(face) - 1, len(outer)).astype(int)] * (1 - k)
        canvas.hair_line(fold[4:28], cloth * 0.8, width=2)
        canvas.hair_line(fold[32:56], min(cloth * 1.12, 250), width=2)


def mirrored_rim(w: float) -> Points:
    """Return the opening of a headscarf, clockwise from the forehead."""
    right = [(0.0, -0.62), (0.6 * w, -0.5), (0.86 * w, -0.15), (0.86 * w, 0.3), (0.62 * w, 0.78),
             (0.0, 1.06)]  # fmt: skip
    return smooth(right + [(-x, y) for x, y in right[-2:0:-1]], closed=True)


def _draw_beanie(canvas: Canvas, person: Person) -> None:
    """Draw a knitted cap with a folded brim."""
    w, cloth = person.head_width + 0.06, person.cloth
    dome = smooth([(-w, -0.42), (-0.9 * w, -0.85), (-0.4 * w, -1.2), (0.4 * w, -1.2),
                   (0.9 * w, -0.85), (w, -0.42)])  # fmt: skip
    canvas.fill(dome, cloth, depth=0.0)
    for x in np.linspace(-0.85, 0.85, 13) * w:
        canvas.hair_line(smooth([(x, -0.5), (x * 0.9, -0.85), (x * 0.5, -1.15)]), cloth * 0.75)
    brim = smooth([(-w * 1.02, -0.36), (-0.5 * w, -0.5), (0.5 * w, -0.5), (w * 1.02, -0.36)])
    canvas.stroke(brim, 0.2, min(cloth * 1.1 + 6, 245), depth=0.05)
    canvas.stroke(brim + (0, 0.1), 0.025, cloth * 0.5, depth=0.05)
