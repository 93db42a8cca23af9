"""Confidence intervals for a proportion, such as an accuracy."""

from __future__ import annotations

import math
from statistics import NormalDist

from ferkit.errors import DataError


def wilson_interval(successes: int, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the Wilson score interval of `successes / n`.

    It stays inside 0..1, and its coverage is also correct near the ends and for small `n`, unlike
    the textbook interval `p +- 1.96 * sqrt(p * (1 - p) / n)`.

    Args:
        successes: Number of successes, `0 <= successes <= n`.
        n: Number of trials, at least 1.
        confidence: Coverage, between 0 and 1. Defaults to 0.95.

    Returns:
        `(low, high)`, both fractions in 0..1.

    Raises:
        DataError: `n` is below 1, `successes` lies outside `0..n`, or `confidence`
            lies outside (0, 1).

    Reference:
        E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
        JASA 22 (1927).

    Example:
        >>> low, high = wilson_interval(67, 100)
        >>> round(low, 3), round(high, 3)
        (0.573, 0.754)
    """
    if n < 1 or not 0 <= successes <= n:
        raise DataError(
            f"Expected 0 <= successes <= n and n >= 1, got successes={successes}, n={n}; "
            "an interval needs at least one image."
        )
    if not 0 < confidence < 1:
        raise DataError(f"Expected a confidence between 0 and 1, got {confidence}; try 0.95.")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = successes / n
    shrink = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / shrink
    half = z / shrink * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # Rounding can leave -1e-17 or 1 + 1e-16 at the ends, where the exact bound is 0 or 1.
    return max(0.0, centre - half), min(1.0, centre + half)
