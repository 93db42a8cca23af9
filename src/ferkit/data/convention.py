"""The conventions of a model from another program: its classes in order, and its pixels."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ferkit.errors import ModelError, UsageError
from ferkit.labels import EMOTIONS, IMAGE_SIZE

# Factor and offset that a model applies to raw grey values 0..255.
PIXELS: Final = {"0-255": (1.0, 0.0), "0-1": (1 / 255, 0.0), "-1-1": (1 / 127.5, -1.0)}

_said: set[str] = set()


@dataclass(frozen=True)
class Convention:
    """The classes of a model in the order of its outputs, and the range of its pixels.

    Attributes:
        class_names: The classes; None for the default, the seven emotions in FER-2013's order.
        pixels: A key of `PIXELS`; None for the default, 0..255.
    """

    class_names: tuple[str, ...] | None = None
    pixels: str | None = None

    @classmethod
    def of(cls, class_names: Sequence[str] | None, pixels: str | None) -> Convention:
        """Return the convention stated by a user.

        Raises:
            UsageError: There are no such pixels, or a class is named twice.
        """
        if pixels is not None and pixels not in PIXELS:
            raise UsageError(f"pixels must be one of {', '.join(PIXELS)}, not '{pixels}'.")
        names = tuple(name.strip() for name in class_names) if class_names else None
        if names and (len(set(names)) != len(names) or not all(names)):
            raise UsageError(f"class_names must name each class once, not {', '.join(names)}.")
        return cls(names, pixels)

    @property
    def is_stated(self) -> bool:
        """Whether a user stated anything."""
        return self != Convention()

    @property
    def scale(self) -> tuple[float, float]:
        """Factor and offset of the pixels."""
        return PIXELS[self.pixels or "0-255"]

    def names_of(self, outputs: int, file: str) -> tuple[str, ...]:
        """Return the names of `outputs` classes.

        Raises:
            ModelError: There are more or fewer names than outputs.
        """
        if self.class_names is None and outputs != len(EMOTIONS):
            raise ModelError(
                f"{file} has {outputs} outputs and does not say what they mean; name them in their "
                "order with class_names."
            )
        names = self.class_names or EMOTIONS
        if len(names) != outputs:
            raise ModelError(
                f"{file} has {outputs} outputs, but class_names are {len(names)}: "
                f"{', '.join(names)}."
            )
        return names

    def refuse(self, model: str) -> None:
        """Raise if a convention is stated for a model that contains its own.

        Raises:
            UsageError: The user stated a convention.
        """
        if self.is_stated:
            raise UsageError(
                f"{model} says itself which classes and pixels it takes; leave out class_names and "
                "pixels."
            )

    def say(self, file: str, names: Sequence[str], steps: Sequence[str]) -> None:
        """Print once on standard error what is assumed about a file, and how its input is
        adapted.
        """
        parts = []
        if self.class_names is None:
            parts.append(f"the classes are {', '.join(names)}, in this order")
        if self.pixels is None:
            parts.append("pixels are 0-255")
        assumed = f"assuming that {' and that '.join(parts)}" if parts else ""
        done = f"each face is {', '.join(steps)}" if steps else ""
        line = "; ".join(part for part in (assumed, done) if part)
        if not line or f"{file} {line}" in _said:
            return
        _said.add(f"{file} {line}")
        advice = " (class_names and pixels say otherwise)" if parts else ""
        print(f"ferkit: {file} was not made by ferkit: {line}{advice}", file=sys.stderr)


def describe_input(height: int, width: int, channels: int) -> list[str]:
    """Return how a grey face of 48x48 pixels is adapted to the input of a model.

    Example:
        >>> describe_input(64, 64, 3)
        ['resized to 64x64', 'repeated in 3 channels']
    """
    steps = [f"resized to {width}x{height}"] if (height, width) != (IMAGE_SIZE, IMAGE_SIZE) else []
    return [*steps, f"repeated in {channels} channels"] if channels > 1 else steps
