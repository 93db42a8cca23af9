"""Augmentations as named pipelines of Keras preprocessing layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ferkit.errors import UsageError

if TYPE_CHECKING:
    import keras

# Pixels are raw 0..255 here. They are float32 with any precision of the model, since interpolated
# greys would lose a third of their levels in bfloat16.
_PIXELS: dict[str, Any] = {"dtype": "float32"}
_FILL: dict[str, Any] = {"fill_mode": "nearest", "interpolation": "bilinear", **_PIXELS}


def _flip() -> keras.Layer:
    from keras import layers

    return layers.RandomFlip("horizontal", **_PIXELS)


def _rotation(degrees: float) -> keras.Layer:
    from keras import layers

    return layers.RandomRotation(degrees / 360, **_FILL)


def _shift(share: float) -> keras.Layer:
    from keras import layers

    return layers.RandomTranslation(share, share, **_FILL)


def _zoom(share: float) -> keras.Layer:
    from keras import layers

    return layers.RandomZoom((-share, share), (-share, share), **_FILL)


def _brightness(share: float) -> keras.Layer:
    from keras import layers

    return layers.RandomBrightness(share, value_range=(0, 255), **_PIXELS)


def _contrast(share: float) -> keras.Layer:
    from keras import layers

    return layers.RandomContrast(share, value_range=(0, 255), **_PIXELS)


def _erasing(probability: float) -> keras.Layer:
    from keras import layers

    return layers.RandomErasing(
        factor=probability, scale=(0.02, 0.2), value_range=(0, 255), **_PIXELS
    )


def _affine(rotation: float, shift: float, zoom: float) -> keras.Layer:
    from ferkit.training.augmentation.random_affine import RandomAffine

    return RandomAffine(rotation, shift, zoom, **_PIXELS)


def _light(brightness: float, contrast: float) -> keras.Layer:
    from ferkit.training.augmentation.random_light import RandomLight

    return RandomLight(brightness, contrast, **_PIXELS)


def _patch(probability: float) -> keras.Layer:
    from ferkit.training.augmentation.random_light import RandomPatch

    return RandomPatch(probability, **_PIXELS)


def _camera(detail: float = 0.5, pixels: int = 20) -> list[keras.Layer]:
    from ferkit.training.augmentation import random_camera as camera

    return [
        camera.RandomCover(0.1, **_PIXELS),
        camera.RandomDetail(detail, pixels=pixels, **_PIXELS),
        camera.RandomNoise(0.3, **_PIXELS),
        camera.RandomJpeg(0.3, **_PIXELS),
    ]


_PIPELINES: dict[str, Callable[[], list[keras.Layer]]] = {
    "none": list,
    "flip": lambda: [_flip()],
    # Equivalent to ImageDataGenerator(zoom_range=0.3, horizontal_flip=True) in older notebooks.
    "flip-zoom": lambda: [_flip(), _zoom(0.3)],
    "light": lambda: [_flip(), _rotation(8), _shift(0.06), _zoom(0.08)],
    "affine": lambda: [_affine(12, 0.09, 0.12), _light(25, 0.25)],
    "affine-patch": lambda: [_affine(12, 0.09, 0.12), _light(25, 0.25), _patch(0.4)],
    "affine-camera": lambda: [_affine(12, 0.09, 0.12), _light(25, 0.25), _patch(0.25), *_camera()],
    "affine-coarse": lambda: [
        _affine(12, 0.09, 0.12),
        _light(25, 0.25),
        _patch(0.25),
        *_camera(0.75, 14),
    ],
    "full": lambda: [
        _flip(),
        _rotation(12),
        _shift(0.09),
        _zoom(0.12),
        # With 0.2 and 0.2, one image in seven had a fifth of its pixels black or white.
        _brightness(0.1),
        _contrast(0.15),
        _erasing(0.4),
    ],
}


def list_augmentations() -> list[str]:
    """Return the names of all augmentation pipelines."""
    return list(_PIPELINES)


def create_augmentation(name: str) -> list[keras.Layer]:
    """Return new Keras preprocessing layers for raw grey pixels 0..255, `float32` `(n, 48, 48, 1)`.

    Args:
        name: One of `list_augmentations()`: `none`; `flip`; `flip-zoom` (zoom 30 %, as in older
            notebooks); `light` (rotation 8 degrees, shift 6 %, zoom 8 %); `affine` (rotation 12
            degrees, shift 9 %, zoom 12 % in one interpolation, brightness 25 levels, contrast 25
            %); `affine-patch` (the same, and a grey patch on 40 %); `affine-camera` (the same with
            the patch on 25 %, then a covered side on 10 %, lost detail on 50 %, noise and JPEG on
            30 % each); `affine-coarse` (the same, but lost detail on 75 %, down to 14 pixels);
            `full` (rotation 12 degrees, shift 9 %, zoom 12 %, brightness 10 % of the
            range, contrast 15 %, erasing of 2-20 % of the area with probability 0.4). All but
            `none` flip.

    Raises:
        UsageError: There is no such pipeline.
    """
    require_augmentation(name)
    return _PIPELINES[name]()


def require_augmentation(name: str) -> None:
    """Check that there is a pipeline called `name`.

    Raises:
        UsageError: There is none.
    """
    if name not in _PIPELINES:
        raise UsageError(f"There is no augmentation '{name}'; choose from {', '.join(_PIPELINES)}.")
