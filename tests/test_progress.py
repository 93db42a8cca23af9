"""The progress bar: on a terminal only, and never on standard output."""

from __future__ import annotations

import io
import sys

import pytest

from ferkit.progress import ProgressBar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with ProgressBar(4, unit="pictures", keep=True) as bar:
        assert bar.shown
        bar.move(3, "recognising", "2 faces")
    text = terminal.getvalue()
    assert "recognising" in text
    assert "3 of 4 pictures" in text
    assert "2 faces" in text


@pytest.mark.parametrize("quiet", [False, True])
def test_no_bar_without_a_terminal(quiet: bool, capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressBar(4, quiet=quiet) as bar:
        bar.resume_at(1)
        bar.move(3, "recognising")
        assert not bar.shown
    assert capsys.readouterr() == ("", "")
