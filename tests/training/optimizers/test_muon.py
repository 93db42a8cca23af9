"""Muon's updates have equal singular values at any gradient norm; other weights use Nesterov."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from ferkit.errors import UsageError
from ferkit.training import TrainConfig
from ferkit.training.optimizers.muon import Muon, orthogonal
from ferkit.training.optimizers.nesterov import NesterovSGD


def stepped(
    optimizer: keras.optimizers.Optimizer, start: np.ndarray, gradients: list[np.ndarray]
) -> np.ndarray:
    """Return where a weight is after one step down each gradient."""
    weight = keras.Variable(start.astype("float32"))
    optimizer.build([weight])
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient, "float32")], [weight])
    return np.asarray(weight)


@pytest.mark.parametrize("shape", [(72, 16), (16, 16), (9, 32)])
def test_singular_values_become_about_one(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    left, _ = np.linalg.qr(rng.normal(size=(shape[0], min(shape))))
    right, _ = np.linalg.qr(rng.normal(size=(shape[1], min(shape))))
    matrix = (left * np.linspace(0.2, 30, min(shape))) @ right.T
    made = np.asarray(orthogonal(keras.ops.convert_to_tensor(matrix, "float32")))
    values = np.linalg.svd(made, compute_uv=False)
    assert (values.min(), values.max()) == pytest.approx((0.95, 0.95), abs=0.28)
    # The directions stay: the made matrix is nearly diagonal between them.
    inner = left.T @ made @ right
    assert np.abs(inner - np.diag(np.diag(inner))).max() < 1e-3


def test_the_update_norm_is_independent_of_the_gradient_norm() -> None:
    rng = np.random.default_rng(1)
    start, gradient = np.zeros((3, 3, 8, 16)), rng.normal(size=(3, 3, 8, 16))
    small = stepped(Muon(0.1), start, [gradient * 1e-3])
    large = stepped(Muon(0.1), start, [gradient * 1e3])
    assert small == pytest.approx(large, abs=1e-4)
    values = np.linalg.svd(large.reshape(72, 16) / 0.1, compute_uv=False)
    assert (values.min(), values.max()) == pytest.approx((0.95, 0.95), abs=0.28)
    assert (large * gradient).sum() < 0  # downhill


def test_a_wide_kernel_gets_a_larger_update() -> None:
    gradient = np.random.default_rng(2).normal(size=(1, 1, 4, 64))
    moved = stepped(Muon(0.1), np.zeros((1, 1, 4, 64)), [gradient]).reshape(4, 64)
    values = np.linalg.svd(moved / 0.1, compute_uv=False)
    assert values.mean() == pytest.approx(4, rel=0.3)  # sqrt(64 / 4)


def test_momentum_accumulates() -> None:
    one, other = np.random.default_rng(3).normal(size=(2, 3, 3, 8, 8))
    start = np.zeros((3, 3, 8, 8))
    both = stepped(Muon(0.1), start, [one, other])
    first = stepped(Muon(0.1), start, [one])
    # The second step is that of its gradient and of what is left of the first.
    ahead = other + 0.9 * (0.9 * one + other)
    assert both - first == pytest.approx(stepped(Muon(0.1), start, [ahead]), abs=1e-4)


@pytest.mark.parametrize("shape", [(3, 3, 1, 8), (12, 7), (16,)])
def test_other_weights_are_updated_by_nesterov(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(4)
    start, gradients = rng.normal(size=shape), list(rng.normal(size=(3, *shape)))
    assert stepped(Muon(0.1), start, gradients) == pytest.approx(
        stepped(NesterovSGD(0.1), start, gradients), rel=1e-5
    )


def test_weight_decay_shrinks_kernels_only() -> None:
    kernel, bias = np.ones((3, 3, 4, 8)), np.ones(8)
    nothing = [np.zeros_like(kernel)] * 2
    shrunk = stepped(Muon(0.1, kernel_decay=0.5), kernel, nothing)
    assert shrunk == pytest.approx(kernel * 0.95**2, rel=1e-5)
    assert stepped(Muon(0.1, kernel_decay=0.5), bias, [np.zeros(8)]) == pytest.approx(bias)


def test_muon_refuses_the_plateau_schedule() -> None:
    assert TrainConfig(optimizer="muon").anneals
    with pytest.raises(UsageError, match="muon follows its cosine"):
        TrainConfig(optimizer="muon", plateau_factor=0.5)
