"""`recognize`: any number of pictures, videos and tar shards to Parquet, on any engine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from ferkit.errors import DataError, UsageError
from ferkit.inference.parallel import usable_cores
from ferkit.scale.options import ScaleOptions
from ferkit.scale.schedule import Engine, ScaleSummary, run_shards
from ferkit.scale.shards import Shard, ShardDone, cut, size_for
from ferkit.scale.sources import list_sources
from ferkit.scale.store import Store

ENGINES = ("local", "ray")


def recognize(
    sources: Iterable[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    on: str = "local",
    options: ScaleOptions | None = None,
    workers: int | None = None,
    address: str | None = None,
    recursive: bool = False,
    column: str | None = None,
    show: Callable[[ScaleSummary, int], None] | None = None,
) -> ScaleSummary:
    """Recognise every source and write its rows to `out` exactly once, even if workers die.

    The work is cut into shards, planned in `out/_ferkit`, and each shard becomes
    `out/part-NUMBER.parquet` with the columns of `ferkit predict`. Another call with the same
    sources and options continues with the shards that are not done; it does not look for sources
    that were added since.

    Args:
        sources: Files, folders, globs, manifests (`.csv`, `.parquet`), tar shards and videos, also
            as addresses that fsspec reads. A video has one row per face and frame.
        out: A folder or its address: new, empty, or from an earlier call.
        on: `local`, processes of this machine, or `ray`, actors of a cluster. Defaults to "local".
        options: Options of recognition. Defaults to None: `ScaleOptions()`.
        workers: Number of processes or actors. Defaults to None: the number of cores.
        address: Address of Ray's cluster. Defaults to None: a cluster on this machine.
        recursive: Whether to search subfolders. Defaults to False.
        column: The manifest's column of paths. Defaults to None: see
            `ferkit.scale.sources.list_sources`.
        show: Called after each shard with the state and the number of planned sources. Defaults
            to None.

    Returns:
        The sums over all shards.

    Raises:
        UsageError: `out` holds work with other sources or options, or an option is wrong.
        DataError: There is no source, or a manifest cannot be read.
        ModelError: The model is missing or broken.
        OutputError: `out` holds other files, cannot be written, or another call writes into it (not
            noticed at an address).
        ScaleError: Workers on Ray die repeatedly before they have started.
        MissingDependencyError: pyarrow, Ray or fsspec is needed and not installed.

    Example:
        >>> import cv2, numpy, tempfile
        >>> folder = tempfile.mkdtemp()
        >>> _ = cv2.imwrite(f"{folder}/grey.png", numpy.full((48, 48), 90, "uint8"))
        >>> how = ScaleOptions(model="nano", detector="none")
        >>> recognize([folder], f"{folder}/rows", options=how, workers=1).sources
        1
    """
    how = options or ScaleOptions()
    if on not in ENGINES:
        raise UsageError(f"on expects one of {', '.join(ENGINES)}, not {on!r}.")
    if workers is not None and workers < 1:
        raise UsageError(f"workers expects 1 or more, not {workers}.")
    emotions = _check(how)
    store = Store(os.fspath(out))
    # Absolute, since workers have other working folders, and rows may be read anywhere.
    named = [_absolute(os.fspath(source)) for source in sources]
    store.plan()  # raises errors before workers start
    with store.locked(), closing(_engine(on, how, store.out, workers, address)) as engine:
        plan = make_plan(store, named, how, engine.workers, recursive=recursive, column=column)

        def give_up(shard: Shard, reason: str) -> ShardDone:
            from ferkit.scale.worker import write_errors

            return write_errors(store, shard, emotions, reason)

        def shown(state: ScaleSummary) -> None:
            if show is not None:
                show(state, plan["sources"])

        return run_shards(store, engine, give_up, shown)


def make_plan(
    store: Store,
    sources: list[str],
    options: ScaleOptions,
    workers: int,
    *,
    recursive: bool = False,
    column: str | None = None,
) -> dict[str, Any]:
    """Return the plan of an output folder, and write it first if there is none.

    Raises:
        UsageError: The folder holds the plan of other sources or options.
        DataError: There is no source.
    """
    asked = {
        "sources_named": sources,
        "recursive": recursive,
        "column": column,
        "options": options.to_dict(),
    }
    plan = store.plan()
    if plan is None or not plan["shards"]:  # nothing was found before; there may be by now
        names = list_sources(sources, recursive=recursive, column=column)
        plan = store.write_plan(asked, cut(*size_for(names, options.part_size, workers)))
    for name, value in asked.items():
        before = plan.get(name)
        if before != value:
            raise UsageError(
                f"{store.out} was begun with {name} {before}, not {value}; choose a new folder, or "
                "use the same sources and options as before."
            )
    if not plan["shards"]:
        raise DataError(f"There is no picture or video in {', '.join(sources)}.")
    return plan


def _absolute(source: str) -> str:
    return source if "://" in source else str(Path(source).absolute())


def _check(options: ScaleOptions) -> tuple[str, ...]:
    """Return the model's classes; raise here the errors that every worker would raise."""
    from ferkit.inference.classifier import EmotionClassifier
    from ferkit.inference.detectors import create_detector

    create_detector(options.detector)
    return EmotionClassifier(
        options.model,
        class_names=options.class_names,
        pixels=options.pixels,
        classes=options.classes,
        views=options.views,
    ).emotions


def _engine(
    on: str, options: ScaleOptions, out: str, workers: int | None, address: str | None
) -> Engine:
    if on == "ray":
        from ferkit.scale.ray_engine import RayEngine

        # Absolute, since actors have other working folders.
        return RayEngine(options, out if "://" in out else _absolute(out), workers, address)
    if address is not None:
        raise UsageError("An address is for Ray only; omit it for processes of this machine.")
    from ferkit.scale.local_engine import LocalEngine

    return LocalEngine(options, out, workers or usable_cores())
