"""Scene: pose, light and background of a picture, and what the camera does to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ferkit.labels import IMAGE_SIZE
from ferkit.synthetic.canvas import Canvas
from ferkit.synthetic.curves import smooth
from ferkit.synthetic.person import Person
from ferkit.synthetic.pose import Pose

Picture = NDArray[np.float64]


@dataclass(frozen=True)
class Scene:
    """Everything in a picture that is neither the person nor the expression.

    Attributes:
        pose: Where the head is and where it looks.
        light: Direction towards the light, a unit vector (right, down, out of the picture).
        background: Grey values `(6, 6)`, enlarged behind the head.
        gaze: How far the irises look aside and down, in head units.
        occlusion: What covers a part of the face: "none", "hand", "lock", "edge" or "text".
        falloff: Change of brightness from the left to the right edge, -1..1.
        gamma: Exponent of the tone curve.
        blur: Standard deviation of the blur, in pixels.
        noise: Standard deviation of the noise, in grey levels.
    """

    pose: Pose
    light: tuple[float, float, float]
    background: Picture
    gaze: tuple[float, float]
    occlusion: str
    falloff: float
    gamma: float
    blur: float
    noise: float


def sample_scene(rng: np.random.Generator) -> Scene:
    """Return a scene drawn by chance from `rng`."""
    pose = Pose(
        yaw=float(np.clip(rng.normal(0, 0.17), -0.42, 0.42)),
        pitch=float(np.clip(rng.normal(0.02, 0.08), -0.18, 0.2)),
        roll=float(np.clip(rng.normal(0, 0.1), -0.28, 0.28)),
        scale=rng.uniform(19.5, 22.5),
        centre=(24 + rng.normal(0, 0.8), 24.2 + rng.normal(0, 0.7)),
    )
    sideways = float(np.clip(rng.normal(0, 0.45), -0.85, 0.85))
    direction = np.array([sideways, rng.uniform(-0.6, -0.1), 0.75])
    light = direction / np.linalg.norm(direction)
    level, contrast = rng.uniform(25, 215), rng.uniform(4, 34)
    odds = (0.86, 0.04, 0.04, 0.03, 0.03)
    return Scene(
        pose=pose,
        light=(float(light[0]), float(light[1]), float(light[2])),
        background=level + rng.normal(0, contrast, (6, 6)),
        gaze=(float(rng.normal(0, 0.022)), float(rng.normal(0, 0.008))),
        occlusion=str(rng.choice(("none", "hand", "lock", "edge", "text"), p=odds)),
        falloff=float(rng.normal(0, 0.22)) * 0.6 + 0.3 * sideways,
        gamma=rng.uniform(0.8, 1.25),
        blur=max(0.0, rng.uniform(-0.35, 0.6)),
        noise=rng.uniform(1.5, 6.5),
    )


def draw_occlusion(canvas: Canvas, scene: Scene, person: Person, rng: np.random.Generator) -> None:
    """Cover a part of the face with a hand, a lock of hair, or something near the camera."""
    side = 1 if rng.random() < 0.5 else -1
    if scene.occlusion == "hand":
        tone = person.skin * 0.88
        for k in range(4):
            tip = np.array([side * (0.34 + 0.15 * k), 0.52 + 0.09 * k])
            finger = smooth(
                np.stack([tip, tip + (side * 0.12, 0.4), (side * (0.75 + 0.1 * k), 1.7)])
            )
            canvas.stroke(finger, 0.19, tone * 0.5, depth=0.4)
            canvas.stroke(finger, 0.155, tone * (0.9 + 0.03 * k), depth=0.4)
    elif scene.occlusion == "lock":
        for k in range(9):
            lock = smooth([(side * 0.25, -1.0), (side * (0.3 + 0.05 * k), -0.4),
                           (side * (0.22 + 0.045 * k), 0.1 + 0.03 * k)])  # fmt: skip
            width = np.linspace(0.07, 0.02, len(lock))
            canvas.stroke(lock, width, person.hair * rng.uniform(0.75, 1.2), depth=0.3)
    elif scene.occlusion == "edge":
        near = rng.uniform(0.5, 0.72)
        slab = [(side * near, -2.0), (side * 3, -2.0), (side * 3, 3.0), (side * (near + 0.2), 3.0)]
        canvas.fill(slab, rng.uniform(15, 90), depth=0.0)
    elif scene.occlusion == "text":
        grey, y = rng.choice((25, 240)), rng.uniform(0.85, 1.0)
        for k in range(11):
            x, tall = -1.1 + 0.2 * k, rng.uniform(0.08, 0.16)
            canvas.stroke(np.array([(x, y), (x + 0.02, y - tall)]), 0.04, grey, depth=0.0)
            canvas.stroke(np.array([(x, y - tall / 2), (x + 0.1, y)]), 0.035, grey, depth=0.0)


def photograph(picture: Picture, scene: Scene, rng: np.random.Generator) -> Picture:
    """Return `picture`, `(48, 48)`, 0..255, as the scene's light and camera give it."""
    across = np.linspace(-0.5, 0.5, IMAGE_SIZE)
    lit = picture * (1 + scene.falloff * across)[None, :]
    toned = 255 * (np.clip(lit, 0, 255) / 255) ** scene.gamma
    if scene.blur > 0:
        reach = np.exp(-0.5 * (np.arange(-2, 3) / max(scene.blur, 0.2)) ** 2)
        kernel = reach / reach.sum()
        for _ in range(2):  # rows, then columns
            padded = np.pad(toned, ((0, 0), (2, 2)), mode="edge")
            toned = sum(kernel[k] * padded[:, k : k + IMAGE_SIZE] for k in range(5)).T
    return toned + rng.normal(0, scene.noise, toned.shape)
