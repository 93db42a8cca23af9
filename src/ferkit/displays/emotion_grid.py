"""`EmotionGridDisplay`: random images of every emotion and split."""

from __future__ import annotations

import numpy as np

from ferkit.colors import emotion_colors
from ferkit.data.dataset import FerDataset
from ferkit.displays.image_blocks import ImageBlock, ImageBlocksDisplay
from ferkit.labels import SPLITS


class EmotionGridDisplay(ImageBlocksDisplay):
    """A row of images for every emotion, a block for every split.

    Example:
        >>> data = FerDataset(
        ...     images=np.zeros((2, 48, 48, 1), np.uint8),
        ...     labels=np.array([3, 6]),
        ...     splits=np.array([0, 2], np.int8),
        ...     sources=np.array(["a.png", "b.png"]),
        ... )
        >>> [block.title for block in EmotionGridDisplay.from_dataset(data).blocks]
        ['train  1', 'test  1']
    """

    @classmethod
    def from_dataset(
        cls,
        dataset: FerDataset,
        *,
        columns: tuple[int, int, int] = (6, 3, 3),
        seed: int = 0,
        title: str = "",
    ) -> EmotionGridDisplay:
        """Choose images at random, so that the grid is a representative sample.

        Args:
            dataset: Any data set.
            columns: Images per emotion of train, validation and test. Defaults to (6, 3, 3).
            seed: Seed for choosing the images. Defaults to 0.
            title: Title. Defaults to "": none.

        Raises:
            DataError: The data set is empty.
        """
        rng = np.random.default_rng(seed)
        sizes = dataset.sizes()
        blocks = []
        for code, (split, count) in enumerate(zip(SPLITS, columns, strict=True)):
            rows = []
            for label in range(len(dataset.emotions)):
                members = np.flatnonzero((dataset.splits == code) & (dataset.labels == label))
                chosen = rng.choice(members, size=min(count, len(members)), replace=False)
                rows.append(dataset.images[chosen])
            blocks.append(ImageBlock(f"{split}  {sizes[split]:,}", rows))
        colors = emotion_colors(dataset.emotions)
        return cls(blocks, dataset.emotions, row_colors=list(colors.values()), title=title)
