"""`auto`: the first detector that is available quickly."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from ferkit.errors import DownloadError, MissingDependencyError, OutputError
from ferkit.inference.detectors.protocol import FaceDetector
from ferkit.inference.notice import say_once

# Takes `threads`, the number it may use, or None for all cores.
Maker = Callable[..., FaceDetector]

SECONDS_TO_FETCH: Final = 5.0


def first_available(makers: Iterable[Maker], threads: int | None) -> FaceDetector:
    """Return the first of the detectors with an `auto_rank` that is available, with one notice on
    standard error.

    Raises:
        MissingDependencyError: None of them is available.
    """
    ranked = sorted((m for m in makers if auto_rank(m) < float("inf")), key=auto_rank)
    reasons: list[str] = []
    for maker in ranked:
        file = getattr(maker, "file", None)
        try:
            if file is not None:
                # After a failure, no new attempt for a while: work without a network stays fast.
                file.path(wait=SECONDS_TO_FETCH, retry=False)
            detector = maker(threads=threads)
        except (DownloadError, OutputError, MissingDependencyError) as error:
            reasons.append(str(error).partition(";")[0].rstrip("."))
            if file is not None:
                reasons[-1] += f"; {file.setting} may name a copy of its file"
            continue
        why = f" ({'; '.join(reasons)})" if reasons else ""
        say_once(
            f"auto: {detector.name}",
            f"{getattr(detector, 'title', detector.name)} finds the faces{why}",
        )
        return detector
    raise MissingDependencyError(f"No detector is available ({'; '.join(reasons)}).")


def auto_rank(maker: Maker) -> float:
    """Return the position at which `auto` tries a detector; infinity for one that it does not
    use.
    """
    rank: float = getattr(maker, "auto_rank", float("inf"))
    return rank
