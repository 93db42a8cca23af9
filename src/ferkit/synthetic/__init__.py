"""Drawn faces: the pictures behind `ferkit.synthetic.synthesize`.

One face is a person (`person.py`), an expression made of facial actions (`actions.py`), and a
scene of pose, light and camera (`scene.py`); `face.py` draws the three together.
"""

from __future__ import annotations
