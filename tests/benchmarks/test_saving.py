"""Saving is timed within the epochs of a training, with ferkit's own writer in both ways."""

from __future__ import annotations

from argparse import Namespace

import pytest

import saving
from ferkit.training import fit

pytestmark = pytest.mark.usefixtures("with_tiny")


def test_epochs_and_waits_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "EPOCHS", 2)
    monkeypatch.setattr(fit, "BackgroundWriter", fit.BackgroundWriter)
    found = saving.measured("in place", Namespace(model="tiny", images=16))
    assert 0 <= found["waited_s"] < found["epoch_s"]
