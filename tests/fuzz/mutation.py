"""Random damage to a file, from a seed."""

from __future__ import annotations

import random

# Half of all changes hit the beginning, where headers lie.
_HEADER = 300
_EXTREMES = (0, 1, 127, 128, 255)
_PRINTABLE = b'0123456789-.,:;"[]{} eaNflt\n'


def mutate(content: bytes, rng: random.Random, *, text: bool = False) -> bytes:
    """Return `content` with 1 to 32 changes: a bit flipped, a byte replaced, bytes inserted, or the
    rest cut off.

    Where it is `text`, most of what comes in is printable, so that not all of it is refused for
    being no text.
    """

    def random_bytes(count: int) -> bytes:
        return bytes(rng.choices(_PRINTABLE, k=count)) if printable else rng.randbytes(count)

    printable = text and rng.random() < 0.8
    damaged = bytearray(content)
    near = rng.random() < 0.5
    for _ in range(rng.choice((1, 1, 2, 4, 8, 32))):
        if not damaged:
            break
        place = rng.randrange(min(len(damaged), _HEADER) if near else len(damaged))
        kind = rng.randrange(10)
        if kind < 4 and not printable:
            damaged[place] ^= 1 << rng.randrange(8)
        elif kind < 7:
            damaged[place] = random_bytes(1)[0] if printable else rng.choice(_EXTREMES)
        elif kind < 9:
            damaged[place:place] = random_bytes(rng.randrange(1, 9))
        else:
            del damaged[place:]
    return bytes(damaged)
