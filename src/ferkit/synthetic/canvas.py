"""Canvas: the enlarged picture that a face is drawn on, and its layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ferkit.labels import IMAGE_SIZE
from ferkit.synthetic.curves import Points, ribbon
from ferkit.synthetic.pose import Pose

if TYPE_CHECKING:
    from PIL.Image import Image

ENLARGE = 5  # canvas pixels per final pixel
_SOFT = 2  # pixels of the soft layer per final pixel: what is blurred needs no more


class Canvas:
    """A grey picture in layers, drawn on in head units through a pose.

    Layers: `image` is what is seen; `skin` is a mask, later filled with shaded skin; `inset`
    is seen through holes only (eyes, mouth); `soft` holds blurred lines and shadows of the skin.
    """

    def __init__(self, pose: Pose, background: NDArray[np.float64]) -> None:
        from PIL import Image, ImageDraw

        self.pose = pose
        side = IMAGE_SIZE * ENLARGE
        ground = Image.fromarray(np.clip(background, 0, 255).astype(np.uint8))
        self.image: Image.Image = ground.resize((side, side), Image.Resampling.BICUBIC)
        self.skin = Image.new("L", (side, side), 0)
        self.inset = Image.new("L", (side, side), 0)
        self.holes = Image.new("L", (side, side), 0)
        self.soft = Image.new("L", (IMAGE_SIZE * _SOFT, IMAGE_SIZE * _SOFT), 128)
        layers = ("image", "skin", "inset", "holes", "soft")
        self._pens = {name: ImageDraw.Draw(getattr(self, name)) for name in layers}

    def fill(
        self, points: ArrayLike, grey: float, *, depth: float | None = None, layer: str = "image"
    ) -> None:
        """Fill a polygon, `(n, 2)` in head units, with `grey` 0..255."""
        enlarge = _SOFT if layer == "soft" else ENLARGE
        pixels = self.pose.project(points, depth) * enlarge
        self._pens[layer].polygon(pixels.ravel().tolist(), fill=int(min(max(grey, 0), 255)))

    def stroke(
        self,
        line: Points,
        width: ArrayLike,
        grey: float,
        *,
        depth: float | None = None,
        layer: str = "image",
    ) -> None:
        """Draw `line`, `(n, 2)`, as a stroke of `width`, `()` or `(n,)`, all in head units."""
        self.fill(ribbon(line, width), grey, depth=depth, layer=layer)

    def hair_line(
        self, line: Points, grey: float, *, depth: float | None = 0.0, width: int = 1
    ) -> None:
        """Draw a thin line, `width` canvas pixels wide."""
        pixels = self.pose.project(line, depth) * ENLARGE
        self._pens["image"].line(
            pixels.ravel().tolist(), fill=int(min(max(grey, 0), 255)), width=width
        )

    def shade_skin(self, tone: float, shading: NDArray[np.float64]) -> None:
        """Fill the skin mask with `tone` times `shading`, `(48, 48)`, and the soft layer."""
        from PIL import Image, ImageFilter

        soft = self.soft.filter(ImageFilter.BoxBlur(1)).filter(ImageFilter.BoxBlur(1))
        side = IMAGE_SIZE * _SOFT
        light = Image.fromarray(shading.astype(np.float32)).resize(
            (side, side), Image.Resampling.BILINEAR
        )
        shaded = tone * np.asarray(light) * (np.asarray(soft, np.float32) / 128.0)
        skin = Image.fromarray(np.clip(shaded, 0, 255).astype(np.uint8))
        self.image.paste(skin.resize(self.image.size, Image.Resampling.BICUBIC), mask=self.skin)

    def open_holes(self) -> None:
        """Show the inset layer through the holes drawn so far."""
        self.image.paste(self.inset, mask=self.holes)

    def final(self) -> NDArray[np.float64]:
        """Return the finished picture at its final size, `(48, 48)`, 0..255."""
        return np.asarray(self.image.reduce(ENLARGE), np.float64)
