"""`report.html`: one self-contained page with the results of a training or an evaluation."""

from __future__ import annotations

import base64
import os
from functools import cache
from pathlib import Path
from typing import Any

from ferkit.errors import DataError, MissingDependencyError, OutputError
from ferkit.evaluation.report_content import report_content
from ferkit.files import write_text
from ferkit.runs.folder import RunFolder

_FIGURES = ("training_curves", "reliability")


def write_report(run_folder: str | os.PathLike[str]) -> Path:
    """Write `report.html` from the files in a run folder or the folder of an evaluation.

    The page contains its pictures and has no external links. Without `history.csv` and
    `config.json`, as after `ferkit evaluate`, it describes only the evaluation.

    Args:
        run_folder: A folder with at least `metrics.json`.

    Returns:
        The page's path.

    Raises:
        OutputError: There is no such folder, it holds no `metrics.json`, or the page cannot be
            written.
        DataError: Its files cannot be read, or are not those of an evaluation.
        MissingDependencyError: Jinja2 is not installed.

    Example:
        >>> write_report("nowhere")
        Traceback (most recent call last):
        ferkit.errors.OutputError: There is no run folder nowhere.
    """
    run = RunFolder(run_folder)
    if not run.path.is_dir():
        raise OutputError(f"There is no run folder {run.path}.")
    if not run.metrics.is_file():
        raise OutputError(f"{run.path} holds no metrics.json; make one with: ferkit evaluate")
    page = template_environment("ferkit.evaluation").get_template("report.html.jinja")
    from jinja2 import UndefinedError

    # In valid JSON that ferkit did not write, any part may be missing or of another type.
    unlike = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, UndefinedError)
    try:
        text = page.render(**report_content(run), figures=_inline_figures(run.figures))
    except unlike as error:
        raise DataError(
            f"The files in {run.path} are no longer those of an evaluation "
            f"({type(error).__name__}: {error}); evaluate the model again with: ferkit evaluate"
        ) from error
    write_text(run.report, text)
    return run.report


def template_environment(*packages: str) -> Any:
    """Return a Jinja environment with ferkit's filters for the templates of `packages`.

    Raises:
        MissingDependencyError: Jinja2 is not installed.
    """
    try:
        import jinja2  # noqa: F401 (whether it is there)
    except ImportError as error:
        raise MissingDependencyError.of("Jinja2", "The report", "train") from error
    return _environment(packages)


@cache  # it compiles each template once
def _environment(packages: tuple[str, ...]) -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(package) for package in packages]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(percent=percent, thousands=thousands)
    return environment


def percent(share: float | None, digits: int = 1) -> str:
    """Return a share in per cent, or an en dash for None.

    Example:
        >>> percent(0.6789).replace(chr(160), ' '), percent(None)
        ('67.9 %', '–')
    """
    return "–" if share is None else f"{100 * share:.{digits}f}\N{NO-BREAK SPACE}%"


def thousands(number: int) -> str:
    """Return an integer with thousands separators.

    Example:
        >>> thousands(28709)
        '28,709'
    """
    return f"{number:,}"


def _inline_figures(folder: Path) -> dict[str, str]:
    """Return the figures of the page as data URLs."""
    found = {name: folder / f"{name}.png" for name in _FIGURES}
    return {
        name: "data:image/png;base64," + base64.b64encode(file.read_bytes()).decode("ascii")
        for name, file in found.items()
        if file.is_file()
    }
