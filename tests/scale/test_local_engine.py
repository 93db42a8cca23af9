"""Workers as processes of this machine."""

from __future__ import annotations

import signal

import pytest

from ferkit.inference.notice import SAID, say_once
from ferkit.scale.local_engine import serve
from ferkit.scale.options import ScaleOptions


class Closed:
    """A pipe whose other end is closed."""

    def recv(self) -> None:
        raise EOFError


def test_a_worker_does_not_repeat_what_the_driver_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    serve(Closed(), ScaleOptions(), "rows", frozenset({"a test's driver"}))
    try:
        say_once("a test's driver", "YuNet finds the faces")
        say_once("a test's worker", "MTCNN finds the faces")
    finally:
        SAID.difference_update({"a test's driver", "a test's worker"})
    assert capsys.readouterr().err == "ferkit: MTCNN finds the faces\n"
