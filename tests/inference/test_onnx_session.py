"""The thread settings of ONNX Runtime."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from ferkit.inference.onnx_session import open_session


def test_idle_threads_use_no_cpu(tiny_onnx: Path) -> None:
    # Spinning takes cores from other processes (records/spinning.csv).
    options = open_session(tiny_onnx, threads=2).get_session_options()
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (2, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="names are text on this system")
def test_a_name_that_is_not_utf8_is_opened(tiny_onnx: Path, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.onnx")
    path.write_bytes(tiny_onnx.read_bytes())
    assert len(open_session(path, threads=1).get_inputs()) == 1
