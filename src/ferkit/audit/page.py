"""`audit.html`: one self-contained page with the pictures behind the figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ferkit.audit.sheets import Sheets, suggestion_table
from ferkit.data.findings import KINDS
from ferkit.evaluation.report import template_environment
from ferkit.files import write_text

if TYPE_CHECKING:
    from ferkit.audit.audited import Audited


def write_page(path: Path, audited: Audited, summary: dict[str, Any]) -> None:
    """Write the page. It contains images of the data set, so take care where you publish it.

    Args:
        path: The file to write.
        audited: Results of the audit.
        summary: The content of `audit.json`.

    Raises:
        MissingDependencyError: Jinja2 is not installed.
        OutputError: The file cannot be written.
    """
    sheets = Sheets(audited)
    page = template_environment("ferkit.audit", "ferkit.evaluation").get_template(
        "audit.html.jinja"
    )
    text = page.render(
        audit=summary,
        kinds=KINDS,
        emotions=audited.dataset.emotions,
        leaks=sheets.leaks(),
        duplicates=sheets.groups("duplicate"),
        conflicts=sheets.groups("conflict"),
        above=sheets.pairs(above=True),
        below=sheets.pairs(above=False),
        near_groups=sheets.groups("near-duplicate"),
        blank=sheets.singles("blank")[:3],
        low_contrast=sheets.singles("low-contrast"),
        non_face=sheets.singles("non-face"),
        label_errors=sheets.label_errors(),
        suggestions=suggestion_table(audited),
    )
    write_text(path, text)
