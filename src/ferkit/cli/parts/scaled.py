"""`ferkit predict --on local|ray`: the same recognition, on many processes or machines."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ferkit.counted import counted
from ferkit.errors import UsageError

if TYPE_CHECKING:
    from ferkit.cli.parts.recognition import Recognition
    from ferkit.progress import ProgressBar
    from ferkit.scale import ScaleOptions, ScaleSummary

_ONLY_WITH_ON = ("address", "workers", "part_size", "column", "dry_run")
_NOT_WITH_ON = (
    "annotate",
    "top_k",
    "format_name",
    "resume",
    "overwrite",
)


def scaled(command: Callable[..., None]) -> Callable[..., None]:
    """Give `predict` the options of an engine, which does the work if `--on` is given."""

    @click.option(
        "--on",
        type=click.Choice(["local", "ray"]),
        help="Run in processes or on a Ray cluster; --out is then a folder for Parquet parts, "
        "or its address. The same command continues after an interruption.",
    )
    @click.option(
        "--workers", type=click.IntRange(1), help="With --on: number of workers (all cores)."
    )
    @click.option("--address", help="With --on ray: the cluster, such as auto or ray://host:10001.")
    @click.option(
        "--part-size",
        type=click.IntRange(1),
        help="With --on: pictures per part (500, or fewer for small jobs).",
    )
    @click.option("--column", help="With --on: column with the paths in .csv and .parquet sources.")
    @click.option(
        "--dry-run", is_flag=True, help="With --on: count sources and time a sample; write nothing."
    )
    @functools.wraps(command)
    def run(on: str | None, out: str | None, **options: Any) -> None:
        given = {name: options.pop(name) for name in _ONLY_WITH_ON}
        if on is None:
            if wrong := [name for name, value in given.items() if value]:
                raise UsageError(f"{_flag(wrong[0])} needs --on local or --on ray.")
            command(out=Path(out) if out else None, **options)
            return
        wrong = [name for name in _NOT_WITH_ON if options[name]]
        if options["recognition"].threads:
            wrong.append("threads")
        if wrong:
            raise UsageError(f"{_flag(wrong[0])} cannot be combined with --on; omit it.")
        _recognize(on, out, **given, **{k: v for k, v in options.items() if k not in _NOT_WITH_ON})

    return run


def _flag(name: str) -> str:
    return "--format" if name == "format_name" else "--" + name.replace("_", "-")


def _recognize(
    on: str,
    out: str | None,
    *,
    paths: tuple[str, ...],
    recognition: Recognition,
    recursive: bool,
    address: str | None,
    workers: int | None,
    part_size: int | None,
    column: str | None,
    dry_run: bool,
) -> None:
    from ferkit.scale import ScaleOptions, recognize

    if not dry_run:
        out = _folder(out)
    model, stated = recognition.opened()
    options = ScaleOptions(
        model,
        recognition.detector,
        recognition.detail,
        recognition.min_face,
        classes=recognition.classes,
        views=recognition.views,
        **stated,
        part_size=part_size,
    )
    if dry_run:
        _estimate(paths, options, recursive, column, workers)
        return
    assert out is not None
    with _bar() as show:
        done = recognize(
            paths,
            out,
            on=on,
            options=options,
            workers=workers,
            address=address,
            recursive=recursive,
            column=column,
            show=show,
        )
    _summarize(done, out)
    if done.errors:
        raise click.exceptions.Exit(1)


def _folder(out: str | None) -> str:
    """Return `out`, which must be the name of a folder."""
    if out is None:
        raise UsageError("--on needs a folder for the parts: add --out FOLDER.")
    if out.lower().endswith((".csv", ".json", ".jsonl")):
        raise UsageError(
            f"--on writes a folder of Parquet parts, not the file {out}: name a folder."
        )
    return out


class _bar:  # noqa: N801 (reads as a function)
    """A progress bar whose total is known once the work is planned."""

    def __enter__(self) -> Callable[[ScaleSummary, int], None]:
        from contextlib import ExitStack

        self._stack = ExitStack()
        self._bar: ProgressBar | None = None
        return self._update

    def _update(self, state: ScaleSummary, total: int) -> None:
        from ferkit.progress import ProgressBar

        if self._bar is None:
            self._bar = self._stack.enter_context(ProgressBar(total, unit="sources"))
        self._bar.move(state.sources)

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)


def _summarize(done: ScaleSummary, out: str) -> None:
    parts = [
        counted(done.sources, "source"),
        counted(done.faces, "face"),
        counted(done.errors, "error"),
    ]
    if done.before:
        parts[0] += f" ({done.before:,} of them done before)"
    if done.deaths:
        parts.append(f"{counted(done.deaths, 'dead worker')} replaced")
    rows = f"rows in {counted(done.parts, 'part')} in {out}"
    click.echo(f"ferkit: {', '.join(parts)}; {rows}", err=True)


def _estimate(
    paths: tuple[str, ...],
    options: ScaleOptions,
    recursive: bool,
    column: str | None,
    workers: int | None,
) -> None:
    from ferkit.inference.parallel import usable_cores
    from ferkit.scale.cost import estimate
    from ferkit.scale.sources import list_sources

    cores = workers or usable_cores()
    names = list_sources(paths, recursive=recursive, column=column)
    cost = estimate(names, options, ".", cores)
    click.echo(
        f"{counted(cost.pictures, 'picture')}, {counted(cost.videos, 'video')}, "
        f"{counted(cost.tars, 'tar shard')}, in {counted(cost.parts, 'part')}"
    )
    if cost.sample:
        hours = cost.core_seconds / 3600
        click.echo(
            f"{1000 * cost.seconds_a_picture:.1f} ms per picture on one core "
            f"(mean of {cost.sample}); {hours:,.2f} core hours for the pictures, "
            f"about {60 * hours / cores:,.1f} min on {counted(cores, 'core')}"
        )
