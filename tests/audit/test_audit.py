"""`ferkit audit` end to end: every planted defect is found, and an interrupted audit resumes."""

from __future__ import annotations

import csv
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ferkit.audit.audit import audit
from ferkit.cli.main import main
from ferkit.data.dataset import FerDataset
from ferkit.data.exclusion import exclude_findings
from ferkit.data.ferplus import VOTE_COLUMNS
from ferkit.data.findings import KINDS, read_findings
from ferkit.errors import DataError, MissingDependencyError, OutputError
from ferkit.files import read_json
from ferkit.locks import locked_folder

Write = Callable[[FerDataset, Path], Path]


def unlike(data: FerDataset) -> FerDataset:
    """Return the data set with different shadows on every image, so that none is a near copy by
    chance.
    """
    shade = np.random.default_rng(9).integers(0, 256, (len(data), 6, 6))
    shadows = np.kron(shade, np.ones((1, 8, 8)))[..., np.newaxis]
    return replace(data, images=(0.65 * data.images + 0.35 * shadows).astype(np.uint8))


@pytest.fixture(scope="module")
def planted(make_patterns: Callable[..., FerDataset]) -> FerDataset:
    """Return patterns among which some are copied, blank, pale or wrongly labelled."""
    data = unlike(make_patterns({"train": 20, "validation": 4, "test": 4}, seed=6))
    images, labels = data.images.copy(), data.labels.copy()
    test = int(np.flatnonzero(data.splits == 2)[0])
    images[1] = images[0]  # a duplicate
    images[2] = (images[0] * 0.9 + 9).astype(np.uint8)  # a near one
    labels[2] = labels[0]
    images[40] = images[41]  # a conflict without a majority
    labels[40], labels[41] = 3, 4
    images[60] = images[test]  # a leak
    labels[60] = labels[test]
    images[70] = 77  # blank
    images[71] = 120 + images[71] // 25  # pale
    labels[100] = (labels[100] + 3) % 7  # wrong
    return replace(data, images=images, labels=labels)


def write_table(dataset: FerDataset, folder: Path) -> tuple[Path, Path]:
    """Write `dataset` as fer2013.csv with a file of votes, two of them for "no face"."""
    folder.mkdir(exist_ok=True)
    usages = ("Training", "PublicTest", "PrivateTest")
    with (folder / "fer2013.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["emotion", "pixels", "Usage"])
        for image, label, split in zip(dataset.images, dataset.labels, dataset.splits, strict=True):
            rows.writerow([label, " ".join(map(str, image.ravel())), usages[split]])
    column = (4, 5, 6, 1, 3, 2, 0)  # of each emotion among the votes
    with (folder / "fer2013new.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["Usage", "Image name", *VOTE_COLUMNS])
        for i, (label, split) in enumerate(zip(dataset.labels, dataset.splits, strict=True)):
            votes = [0] * 10
            votes[9 if i in (5, 6) else column[label if i != 100 else (label + 4) % 7]] = 10
            rows.writerow([usages[split], f"fer{i:07}.png", *votes])
    return folder / "fer2013.csv", folder / "fer2013new.csv"


@pytest.fixture(scope="module")
def done(
    planted: FerDataset, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    from ferkit.data.load import load_fer2013

    folder = tmp_path_factory.mktemp("audited")
    table, votes = write_table(planted, folder)
    data = load_fer2013(table, cache=False)
    (folder / "out" / "state").mkdir(parents=True)  # somebody else's
    return folder, audit(data, folder / "out", ferplus=votes, quiet=True)


def test_every_planted_defect_is_found(done: tuple[Path, dict[str, Any]]) -> None:
    folder, summary = done
    found: dict[str, set[int]] = {kind: set() for kind in KINDS}
    for row in read_findings(folder / "out" / "audit.csv"):
        if row.exclude == "yes":
            found[row.kind].add(int(row.source.split(":")[1]) - 2)
    wrong = found.pop("label-error")
    assert found == {
        "duplicate": {1, 41},
        "near-duplicate": {2},
        "conflict": {40, 41},
        "leak": {60},
        "blank": {70},
        "low-contrast": {71},
        "non-face": {5, 6},
    }
    assert 100 in wrong
    assert summary["exclude"]["conflict"] == 2
    assert summary["exclude_images"] == len(set().union(wrong, *found.values()))
    assert summary["findings"]["duplicate"] == {"train": 5, "validation": 0, "test": 1}
    assert summary["duplicates"]["redundant"] == 3
    assert summary["duplicates"]["twins_of_train"] == {"validation": 0, "test": 1}
    assert summary["near_duplicates"]["pairs"] == 1


def test_the_votes_judge_the_likely_errors(done: tuple[Path, dict[str, Any]]) -> None:
    _, summary = done
    against = summary["label_errors"]["ferplus"]
    assert against["all_contradicted"] == pytest.approx(1 / against["all_judged"])
    assert against["all_judged"] == 194  # 196 but the two without a face
    assert against["label_contradicted"] >= against["all_contradicted"]


def test_the_json_is_on_disk(done: tuple[Path, dict[str, Any]]) -> None:
    folder, summary = done
    assert read_json(folder / "out" / "audit.json") == summary
    assert {path.name for path in (folder / "out").iterdir()} == {
        *("audit.csv", "audit.json", "audit.html"),
        "state",
    }
    assert summary["versions"]["cleanlab"]


def test_what_was_found_can_be_left_out(
    done: tuple[Path, dict[str, Any]],
) -> None:
    from ferkit.data.load import load_fer2013

    folder, summary = done
    data = load_fer2013(folder / "fer2013.csv", cache=False)
    rest, excluded = exclude_findings(data, folder / "out" / "audit.csv")
    assert excluded.images == summary["exclude_images"] == len(data) - len(rest)
    assert excluded.per_kind == summary["exclude"]
    again = exclude_findings(
        data, folder / "out" / "audit.csv", ("duplicate", "near-duplicate", "conflict")
    )
    assert len(data) - len(again[0]) == 4


class Page(HTMLParser):
    """Collects headings, addresses and alternative texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.addresses: list[str] = []
        self.alts: list[str] = []
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag
        named = dict(attrs)
        self.addresses += [named[name] or "" for name in ("src", "href") if name in named]
        if tag == "img":
            self.alts.append(named["alt"] or "")

    def handle_data(self, data: str) -> None:
        if self._open == "h2" and data.strip():
            self.headings.append(data.strip())


def test_the_page_is_complete_and_makes_no_request(done: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = done
    text = (folder / "out" / "audit.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.headings == [
        "All findings",
        "Balance of the labels",
        "Leaks: copies in train and in validation or test",
        "Pixel-identical copies",
        "Copies with different labels",
        "Near copies",
        "Unusable pictures",
        "Likely label errors",
        "Training without the findings",
        "Method",
    ]
    assert all(address.startswith("data:") for address in page.addresses)
    assert not re.search(r"https?://|@import|url\(", text)
    assert len(page.alts) > 15
    assert any(alt.startswith("fer2013.csv:72: labelled") for alt in page.alts)  # the blank one
    assert "fer2013.csv:102: labelled" in text
    assert "FER+ 10 NF" not in text.split("Likely label errors")[0]


def test_a_few_images_without_votes(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    summary = audit(unlike(tiny_dataset), tmp_path / "out", quiet=True)
    assert summary["label_errors"] is None
    assert not any(sum(counts.values()) for counts in summary["findings"].values())
    text = (tmp_path / "out" / "audit.html").read_text(encoding="utf-8")
    assert "There are too few training images to find label errors." in text
    assert "Images without a face are found only with FER+ (--ferplus)." in text


def test_names_are_escaped(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    images = tiny_dataset.images.copy()
    images[1] = images[0]
    names = tiny_dataset.sources.astype("<U60")
    names[1] = 'train/"><script>alert(1)</script>'
    audit(replace(tiny_dataset, images=images, sources=names), tmp_path / "out", quiet=True)
    assert "<script" not in (tmp_path / "out" / "audit.html").read_text(encoding="utf-8")


def test_votes_of_other_images(
    tiny_dataset: FerDataset, planted: FerDataset, tmp_path: Path
) -> None:
    _, votes = write_table(planted, tmp_path)
    with pytest.raises(DataError, match="have no order that FER"):
        audit(tiny_dataset, tmp_path / "out", ferplus=votes, quiet=True)


def test_a_file_stands_where_the_folder_should_be(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputError, match=r"Cannot create the folder .*out"):
        audit(tiny_dataset, tmp_path / "out", quiet=True)


def test_two_audits_do_not_write_into_one_folder(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    (tmp_path / ".ferkit-audit").mkdir()
    begun = tmp_path / ".ferkit-audit" / "near-pairs-0-0123456789ab.npy"
    begun.touch()
    with (
        locked_folder(tmp_path, OutputError("")),
        pytest.raises(OutputError, match="Another process audits into"),
    ):
        audit(tiny_dataset, tmp_path, quiet=True)
    assert begun.exists()


def test_cleanlab_is_missing(
    tiny_dataset: FerDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r'pip install "ferkit\[train\]"'):
        audit(tiny_dataset, tmp_path / "out", quiet=True)
    assert not (tmp_path / "out").exists()


def test_the_command(
    planted: FerDataset, tmp_path: Path, capsys: pytest.CaptureFixture[str], write_images: Write
) -> None:
    faces = write_images(planted, tmp_path / "faces")
    with pytest.raises(SystemExit) as stopped:
        main(["audit", "--data", str(faces), "--out", str(tmp_path / "out")])
    out, err = capsys.readouterr()
    assert stopped.value.code == 0
    assert re.search(r"^leak +1 +0 +0 +1$", out, re.MULTILINE)
    assert "3 redundant images; 1 test and 0 validation images" in out
    assert out.endswith(f"Page: {tmp_path / 'out' / 'audit.html'}\n")
    assert err.count("ferkit: ") == 5
    assert "page done in" in err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "Missing option '--out'"),
        (["--out", "out", "--data", "nowhere"], 1, "There is no file or folder nowhere"),
        (["--out", "out", "--seed", "-1"], 2, "Invalid value for '--seed'"),
    ],
)
def test_wrong_use(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["audit", *arguments])
    assert stopped.value.code == code
    assert message in capsys.readouterr().err


@pytest.mark.slow
def test_a_killed_audit_resumes(
    planted: FerDataset, tmp_path: Path, write_images: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    faces = write_images(planted, tmp_path / "faces")
    out, whole = tmp_path / "killed", tmp_path / "whole"
    typed = ["audit", "--data", str(faces), "--out"]
    command = [sys.executable, "-m", "ferkit", *typed, str(out)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 120
        while not list((out / ".ferkit-audit").glob("features-*.npy")) and process.poll() is None:
            assert time.monotonic() < deadline, "the audit does not get on"
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (out / "audit.json").exists()
    told = []
    for folder in (out, whole):
        with pytest.raises(SystemExit) as ended:
            main([*typed, str(folder)])
        told.append(capsys.readouterr().err)
        assert ended.value.code == 0, told[-1]
    went_on = ["ferkit: continued with near-pairs, features" in text for text in told]
    assert went_on == [True, False]
    assert (out / "audit.csv").read_text() == (whole / "audit.csv").read_text()
    assert {path.name for path in out.iterdir()} == {"audit.csv", "audit.json", "audit.html"}
