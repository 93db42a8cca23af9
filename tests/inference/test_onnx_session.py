"""The thread settings of ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

from ferkit.inference.onnx_session import open_session


def test_idle_threads_use_no_cpu(tiny_onnx: Path) -> None:
    # Spinning takes cores from other processes (records/spinning.csv).
    options = open_session(tiny_onnx, threads=2).get_session_options()
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (2, 1)
