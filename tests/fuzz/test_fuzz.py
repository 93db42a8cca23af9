"""Damaged files of every type are read or refused with one sentence, within limits of time and
memory, without output on the terminal; `make fuzz` tries 10,000.
"""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from campaign import GOOD, Case, run_campaign
from mutation import mutate
from subjects import make_subjects

CASES = 500
SECONDS, MEGABYTES = 20, 1000


@pytest.fixture(scope="module")
def campaign() -> tuple[list[Case], str]:
    return run_campaign(CASES)


def test_no_damaged_file_brings_a_traceback_or_a_crash(campaign: tuple[list[Case], str]) -> None:
    cases, terminal = campaign
    assert len(cases) == CASES
    assert [case for case in cases if case.outcome not in GOOD] == []
    assert terminal == ""


def test_time_and_memory_are_bounded(campaign: tuple[list[Case], str]) -> None:
    beyond = [case for case in campaign[0] if case.seconds > SECONDS or case.megabytes > MEGABYTES]
    assert beyond == []


def test_damage_reaches_the_readers(campaign: tuple[list[Case], str]) -> None:
    # Were every file refused at its first byte, the campaign would say little.
    count = Counter(case.outcome for case in campaign[0])
    assert count["read"] > 100
    assert count["refused"] > 100
    assert {case.kind for case in campaign[0]} >= {
        *("picture", "table", "zip", "npz", "video", "model", "card"),
        *("run folder", "resume", "plan"),
    }


def test_whole_files_are_read(tmp_path: Path) -> None:
    for subject in make_subjects(tmp_path, keras=False):
        path = tmp_path / "whole" / subject.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(subject.content)
        subject.read(path)


def test_the_same_seed_damages_the_same_way() -> None:
    content = bytes(range(256)) * 4
    first, second = (mutate(content, random.Random(7)) for _ in range(2))
    assert first == second != content
