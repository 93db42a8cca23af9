"""Both ways of saving are timed over the same epochs."""

from __future__ import annotations

from argparse import Namespace

import pytest

import saving

pytestmark = pytest.mark.usefixtures("with_tiny")


@pytest.mark.parametrize("kind", ["in place", "beside"])
def test_epochs_and_waits_are_measured(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "EPOCHS", 2)
    found = saving.measured(kind, Namespace(model="tiny", images=16))
    assert 0 < found["waited_s"] < found["epoch_s"]
    assert found["megabytes"] > 0
