"""Muon: orthogonalised momentum for convolutions."""

from __future__ import annotations

from math import prod
from typing import Any

import keras
from keras import ops

from ferkit.training.optimizers.nesterov import NesterovSGD

# The quintic iteration of K. Jordan et al. (kellerjordan.github.io/posts/muon): five rounds bring
# singular values close to 1.
_QUINTIC = (3.4445, -4.7750, 2.0315)
_ROUNDS = 5


@keras.saving.register_keras_serializable("ferkit")
class Muon(NesterovSGD):
    """Orthogonalised momentum for convolutions, and Nesterov momentum for all other weights.

    A kernel is treated as a matrix from its window and input channels to its output channels.
    Kernels with a single input channel, dense layers, biases and normalisation use `NesterovSGD`.
    Keras's own Muon excludes convolutions.

    Args:
        learning_rate: A number or a schedule. Defaults to 0.02.
        momentum: Momentum coefficient. Defaults to 0.9.
        kernel_decay: Decoupled weight decay of kernels, multiplied by the rate (arXiv 1711.05101).
            Defaults to 0.
        **options: Further arguments of `keras.optimizers.SGD`.

    Reference:
        K. Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024.
    """

    def __init__(
        self,
        learning_rate: Any = 0.02,
        momentum: float = 0.9,
        kernel_decay: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, momentum, kernel_decay, **options)

    def decayed(self, gradient: Any, variable: Any, learning_rate: Any) -> Any:
        """Apply the decay to the kernel itself, and return the gradient unchanged."""
        if self.kernel_decay and len(variable.shape) > 1:
            share = ops.cast(learning_rate, "float32") * self.kernel_decay
            self.assign_sub(variable, share * ops.convert_to_tensor(variable))
        return gradient

    def move(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Apply one step to one variable."""
        shape = tuple(variable.shape)
        if len(shape) != 4 or shape[2] == 1:
            super().move(gradient, variable, learning_rate)
            return
        momentum = self.momentums[self._get_variable_index(variable)]
        gathered = self.momentum * ops.convert_to_tensor(momentum) + gradient
        self.assign(momentum, gathered)
        ahead = gradient + self.momentum * gathered
        rows = prod(shape[:-1])
        step = orthogonal(ops.reshape(ahead, (rows, shape[-1])))
        # Wide matrices take larger steps, so that their outputs change as much as those of tall
        # ones.
        scale = ops.cast(learning_rate, "float32") * max(1.0, shape[-1] / rows) ** 0.5
        self.assign_sub(variable, scale * ops.reshape(step, shape))


def orthogonal(matrix: Any) -> Any:
    """Return a matrix with the same singular vectors and singular values of about 1 (0.7 to 1.2).

    Args:
        matrix: float32 `(m, n)`.
    """
    a, b, c = _QUINTIC
    tall = matrix.shape[0] > matrix.shape[1]
    x = ops.transpose(matrix) if tall else matrix
    x = x / (ops.sqrt(ops.sum(ops.square(x))) + 1e-7)
    for _ in range(_ROUNDS):
        square = ops.matmul(x, ops.transpose(x))
        x = a * x + ops.matmul(b * square + c * ops.matmul(square, square), x)
    return ops.transpose(x) if tall else x
