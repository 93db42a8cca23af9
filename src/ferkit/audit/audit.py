"""`audit`: find the defects of a data set, and write findings and a page."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from ferkit.audit.audited import Audited
from ferkit.audit.copies import distinct, link_copies
from ferkit.audit.copy_findings import copy_findings
from ferkit.audit.label_errors import LEAST_IMAGES, label_error_findings, require_cleanlab
from ferkit.audit.near_pairs import THRESHOLD, NearPairs, near_pairs
from ferkit.audit.out_of_fold import out_of_fold
from ferkit.audit.page import write_page
from ferkit.audit.picture_findings import picture_findings
from ferkit.audit.progress import AuditProgress
from ferkit.audit.rows import Rows
from ferkit.audit.state import AuditState
from ferkit.audit.summary import summarize_audit
from ferkit.data.dataset import FerDataset
from ferkit.data.findings import write_findings
from ferkit.errors import OutputError
from ferkit.files import write_json
from ferkit.locks import locked_folder
from ferkit.renamed import renamed_arguments
from ferkit.targets import check_folder


@renamed_arguments(dataset="data")
def audit(
    data: FerDataset,
    out: str | os.PathLike[str],
    *,
    ferplus: str | os.PathLike[str] | None = None,
    seed: int = 0,
    quiet: bool = False,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Find the defects of a data set, and write `audit.csv`, `audit.json` and `audit.html`.

    After an interruption, the same call continues where it stopped.

    Args:
        data: The data set, with its own labels.
        out: The folder to write into.
        ferplus: The `fer2013new.csv` of FER+, which identifies images without a face and checks
            likely label errors. Defaults to None.
        seed: Seed for the folds and landmarks of the out-of-fold models. Defaults to 0.
        quiet: Whether to print nothing. Defaults to False.
        overwrite: Whether files in `out` that ferkit did not write may be replaced. Defaults to
            False.

    Returns:
        The content of `audit.json`.

    Raises:
        DataError: FER+ does not fit the data.
        OutputError: The folder cannot be written, or another process audits into it.
        ExistingFileError: It holds files of these names that ferkit did not write.
        MissingDependencyError: scikit-learn, cleanlab or Jinja2 is not installed.

    Example:
        >>> import tempfile
        >>> from ferkit.data.load import load_fer2013
        >>> from ferkit.synthetic.synthesize import synthesize
        >>> faces = load_fer2013(synthesize(tempfile.mkdtemp() + "/faces", per_class=2, seed=1))
        >>> summary = audit(faces, tempfile.mkdtemp() + "/audit", quiet=True)
        >>> summary["duplicates"]["redundant"]
        0
    """
    start, out = perf_counter(), Path(out)
    if not (out / ".ferkit-audit").is_dir():
        names = ("audit.csv", "audit.json", "audit.html")
        check_folder(out, names, sign="audit.json", overwrite=overwrite)
    require_cleanlab()
    _make(out)
    busy = f"Another process audits into {out}; wait for it, or choose another folder."
    # It would remove the intermediate results of the other, and mix its files with them.
    with locked_folder(out, OutputError(busy)):
        votes = _votes(data, ferplus)
        state = AuditState(out / ".ferkit-audit", data, seed)
        with AuditProgress(quiet) as progress:
            audited = _find(data, votes, seed, state, progress)
            with progress.step("Page"):
                origin = str(ferplus) if ferplus else None
                summary = summarize_audit(audited, seed=seed, ferplus=origin)
                write_findings(out / "audit.csv", audited.findings)
                write_page(out / "audit.html", audited, summary)
        if state.resumed and not quiet:
            print(f"ferkit: continued with {', '.join(state.resumed)}", file=sys.stderr)
        summary["seconds"] = round(perf_counter() - start, 1)
        summary["resumed"] = state.resumed
        write_json(out / "audit.json", summary)
        state.finish()
    return summary


def _find(
    dataset: FerDataset,
    votes: np.ndarray | None,
    seed: int,
    state: AuditState,
    progress: AuditProgress,
) -> Audited:
    first, identical = distinct(dataset.images)
    with progress.step("Near duplicates") as tick:
        pairs = _near_pairs(dataset.images[first], state, tick)
    copies = link_copies(first, identical, pairs.above(THRESHOLD))
    rows = Rows(dataset)
    findings = [*copy_findings(rows, copies), *picture_findings(rows, votes)]
    predicted = None
    if dataset.sizes()["train"] >= LEAST_IMAGES:
        predicted = out_of_fold(dataset, copies.picture, seed, state, progress)
        # For a picture without a face, no label is correct.
        hopeless = {f.source for f in findings if f.kind in ("blank", "low-contrast", "non-face")}
        errors = label_error_findings(rows, predicted.probabilities)
        findings += [finding for finding in errors if finding.source not in hopeless]
    by_image = NearPairs(first[pairs.left], first[pairs.right], pairs.similarity)
    return Audited(dataset, votes, copies, by_image, predicted, findings)


def _near_pairs(images: np.ndarray, state: AuditState, tick: Callable[[float], None]) -> NearPairs:
    def compute() -> tuple[np.ndarray, ...]:
        pairs = near_pairs(images, tick=tick)
        return pairs.left, pairs.right, pairs.similarity

    return NearPairs(*state.arrays("near-pairs", 3, compute))


def _votes(dataset: FerDataset, ferplus: str | os.PathLike[str] | None) -> np.ndarray | None:
    if ferplus is None:
        return None
    from ferkit.data.ferplus import read_ferplus
    from ferkit.data.ferplus_labels import ferplus_rows

    read = read_ferplus(ferplus)
    votes: np.ndarray = read.votes[ferplus_rows(dataset, read)]
    return votes


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"Cannot create the folder {out}: {error.strerror or error}. Choose another."
        ) from error
