"""`AugmentationGridDisplay`: images before and after an augmentation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ferkit.colors import emotion_colors
from ferkit.displays.image_blocks import ImageBlock, ImageBlocksDisplay


class AugmentationGridDisplay(ImageBlocksDisplay):
    """A row for every image: the original, then augmented copies of it.

    Example:
        >>> images = np.zeros((1, 48, 48, 1), np.uint8)
        >>> copies = np.zeros((1, 5, 48, 48, 1), np.uint8)
        >>> display = AugmentationGridDisplay.from_copies(images, copies, ["happy"], "light")
        >>> [block.columns for block in display.blocks]
        [1, 5]
    """

    @classmethod
    def from_copies(
        cls, images: np.ndarray, copies: np.ndarray, emotions: Sequence[str], augmentation: str
    ) -> AugmentationGridDisplay:
        """Show `images` and augmented `copies` of them.

        Args:
            images: uint8 `(n, 48, 48, 1)`.
            copies: uint8 `(n, k, 48, 48, 1)`, from `ferkit.training.augmentation.copies`.
            emotions: The emotion of each image, `n` names.
            augmentation: The name of the augmentation.

        Raises:
            DataError: There is no image, or lengths differ.
        """
        before = ImageBlock("original", [image[np.newaxis] for image in images])
        after = ImageBlock(f"after {augmentation}, drawn {copies.shape[1]} times", list(copies))
        colors = emotion_colors(list(dict.fromkeys(emotions)))
        return cls([before, after], emotions, row_colors=[colors[name] for name in emotions])
