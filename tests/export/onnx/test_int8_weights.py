"""8-bit weights that overflow on no kernel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from ferkit import weights
from ferkit.export.onnx.int8_weights import MOST_OF_A_PAIR, bounded, largest_pair
from ferkit.inference import onnx_session
from ferkit.inference.onnx_session import EXACT_PAIRS, open_session, read_metadata

INT8 = [name for name in weights.shipped_models() if name.endswith("-int8")]


def without_vnni(pixels: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """What AVX2 makes of a dense layer: pairs of products in 16 bits that saturate (vpmaddubsw)."""
    products = pixels[:, None, :].astype(np.int64) * kernel.astype(np.int64)
    pairs = np.clip(products[..., ::2] + products[..., 1::2], -(2**15), 2**15 - 1)
    return pairs.sum(axis=-1)


def test_ordinary_8_bit_weights_overflow_and_bounded_ones_do_not() -> None:
    rng = np.random.default_rng(0)
    floats = rng.normal(size=(16, 64))
    scale = np.abs(floats).max(axis=1) / 127
    pixels = np.full((1, 64), 255)
    ordinary = np.rint(floats / scale[:, None])
    assert (without_vnni(pixels, ordinary) != pixels @ ordinary.T).mean() > 0.5
    values, steps = bounded(floats, scale)
    np.testing.assert_array_equal(without_vnni(pixels, values), (pixels @ values.T).astype(int))
    # Coarser, but less than the 7 bits of `reduce_range`, which are twice as coarse everywhere.
    assert 1 < (steps / scale).mean() < 1.7
    assert np.abs(values * steps[:, None] - floats).max() <= steps.max() / 2 + 1e-9


def test_channels_that_cannot_overflow_stay_as_they_were() -> None:
    floats = np.array([[127.0, -127.0, 60.0, 60.0], [127.0, 127.0, 0.0, 0.0]])
    values, steps = bounded(floats, np.ones(2))
    np.testing.assert_array_equal(values[0], floats[0])
    assert steps[0] == 1
    assert steps[1] == pytest.approx(254 / 128, rel=2e-3)
    assert largest_pair(values).tolist() == [127, 128]


def test_neighbours_are_input_channels_at_one_place_of_the_kernel() -> None:
    kernel = np.zeros((1, 2, 3, 3))
    kernel[0, :, 1, 1] = 100
    assert largest_pair(kernel) == 200
    kernel[0, 1, 1, 1], kernel[0, 0, 1, 2] = 0, 100
    assert largest_pair(kernel) == 100
    assert largest_pair(np.full((1, 1, 3), 50.0)) == 100  # one channel: its places follow


def kernels(model: onnx.ModelProto) -> list[np.ndarray]:
    """The 8-bit weights, `(outputs, inputs, ...)`."""
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    found = []
    for node in model.graph.node:
        tensor = stored.get(node.input[0]) if node.op_type == "DequantizeLinear" else None
        if (
            tensor is not None
            and tensor.data_type == onnx.TensorProto.INT8
            and len(tensor.dims) > 1
        ):
            (axis,) = (a.i for a in node.attribute if a.name == "axis")
            found.append(np.moveaxis(numpy_helper.to_array(tensor).astype(int), axis, 0))
    return found


@pytest.mark.parametrize("name", INT8)
def test_no_shipped_file_can_overflow(name: str) -> None:
    found = kernels(onnx.load(weights.onnx_file(name)))
    assert len(found) > 5
    assert max(largest_pair(kernel).max() for kernel in found) <= MOST_OF_A_PAIR
    assert max(np.abs(kernel).max() for kernel in found) > 64  # 8 bits, not 7


def test_such_a_file_takes_the_fast_kernels_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    runtime = onnx_session.load_onnxruntime()
    take = runtime.SessionOptions.add_session_config_entry

    class Options(runtime.SessionOptions):  # type: ignore[misc, name-defined]
        def add_session_config_entry(self, key: str, value: str) -> None:
            asked.append(key)
            take(self, key, value)

    monkeypatch.setattr(runtime, "SessionOptions", Options)
    monkeypatch.setattr(onnx_session, "products_are_exact", lambda: False)
    file = weights.onnx_file("nano-wild-int8")
    assert read_metadata(open_session(file), file).items() >= EXACT_PAIRS.items()
    assert "session.x64quantprecision" not in asked
    foreign = onnx.load(file)
    del foreign.metadata_props[:]
    onnx.save(foreign, tmp_path / "foreign.onnx")
    open_session(tmp_path / "foreign.onnx")
    assert "session.x64quantprecision" in asked
