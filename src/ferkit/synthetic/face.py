"""Face: one whole picture, from the background to the noise of the camera."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ferkit.synthetic.actions import sample_actions
from ferkit.synthetic.canvas import Canvas
from ferkit.synthetic.extras import draw_beard, draw_freckles, draw_glasses, draw_tear
from ferkit.synthetic.eyes import cut_eye, draw_brow, draw_lids, shape_eye
from ferkit.synthetic.hair import draw_back_hair, draw_hair
from ferkit.synthetic.head import draw_ears, draw_head, draw_neck
from ferkit.synthetic.mouth import cut_mouth, draw_lips, shape_mouth
from ferkit.synthetic.person import sample_person
from ferkit.synthetic.scene import draw_occlusion, photograph, sample_scene
from ferkit.synthetic.skin import draw_nose, draw_nose_shadow, draw_wrinkles, skin_shading


def draw_face(emotion: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw one face that shows `emotion`; person, strength and scene come from `rng`.

    Args:
        emotion: One of `ferkit.labels.EMOTIONS`.
        rng: The source of chance; the same state draws the same picture.

    Returns:
        Grey pixels, `uint8` `(48, 48)`, 0..255.
    """
    person, actions, scene = sample_person(rng), sample_actions(emotion, rng), sample_scene(rng)
    skew = float(rng.normal(0, 0.4))
    gaze = (scene.gaze[0], scene.gaze[1] + 0.05 * actions.eyes_down)
    canvas = Canvas(scene.pose, scene.background)
    eyes = [shape_eye(side, person, actions) for side in (-1, 1)]
    mouth = shape_mouth(person, actions, skew)

    draw_back_hair(canvas, person)
    draw_neck(canvas, person)
    draw_ears(canvas, person)
    draw_nose_shadow(canvas, person, scene.light[0])
    draw_wrinkles(canvas, person, actions, float(mouth.upper_seam[-1, 0]))
    draw_head(canvas, person, actions)
    if person.beard == "stubble":
        draw_beard(canvas, person, actions, mouth, rng)
    canvas.shade_skin(person.skin, skin_shading(scene.pose, person, actions, scene.light))
    draw_freckles(canvas, person, rng)
    draw_nose(canvas, person, actions)
    if person.beard != "stubble":
        draw_beard(canvas, person, actions, mouth, rng)

    for eye in eyes:
        cut_eye(canvas, eye, person, gaze)
    cut_mouth(canvas, mouth)
    canvas.open_holes()
    draw_lips(canvas, mouth, person)
    for eye in eyes:
        draw_lids(canvas, eye, person, actions)
        draw_brow(canvas, eye.side, person, actions)
    if actions.eyes_down > 0.3 and rng.random() < 0.35:
        draw_tear(canvas, 1 if skew > 0 else -1, person)

    draw_hair(canvas, person, rng)
    draw_glasses(canvas, person)
    draw_occlusion(canvas, scene, person, rng)
    picture = photograph(canvas.final(), scene, rng)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)
