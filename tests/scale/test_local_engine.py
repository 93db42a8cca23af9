"""Workers as processes of this machine."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from ferkit.errors import ModelError
from ferkit.inference.notice import SAID, say_once
from ferkit.scale.local_engine import LocalEngine, serve
from ferkit.scale.options import ScaleOptions
from ferkit.scale.shards import Shard


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="needs POSIX")
def test_ctrl_c_does_not_end_a_worker_that_starts(tmp_path: Path) -> None:
    engine = LocalEngine(ScaleOptions("no-such-model.onnx", "none"), str(tmp_path), 1)
    try:
        engine.submit(Shard(0, ("a.jpg",)))
        ((process, _),) = engine._busy.values()
        os.kill(process.pid or 0, signal.SIGINT)
        with pytest.raises(ModelError, match=r"There is no model no-such-model\.onnx"):
            engine.wait()  # it has lived long enough to say so
    finally:
        engine.close()


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
