"""Stochastic gradient descent for residual networks: Nesterov momentum, warm-up, one cosine, and
decay of kernels only.
"""

from __future__ import annotations

from math import cos, pi
from typing import Any

import keras


@keras.saving.register_keras_serializable("ferkit")
class WarmCosine(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A rate that rises linearly to its peak and falls to 0 along half a cosine (arXiv 1608.03983).

    Args:
        peak: Highest rate.
        steps: Steps of the whole training.
        warmup: Steps of the rise.
    """

    def __init__(self, peak: float, steps: int, warmup: int) -> None:
        super().__init__()
        self.peak = peak
        self.steps = steps
        self.warmup = warmup

    def __call__(self, step: Any) -> Any:
        """Return the rate of a step, counted from 0."""
        ops = keras.ops
        step = ops.cast(step, "float32")
        rise = (step + 1) / max(self.warmup, 1)
        share = (step - self.warmup) / max(self.steps - self.warmup, 1)
        fall = (1 + ops.cos(pi * ops.clip(share, 0.0, 1.0))) / 2
        return self.peak * ops.where(step < self.warmup, rise, fall)

    def at(self, step: int) -> float:
        """Return the rate of a step as a Python float, without the backend."""
        if step < self.warmup:
            return self.peak * (step + 1) / self.warmup
        share = (step - self.warmup) / max(self.steps - self.warmup, 1)
        return self.peak * (1 + cos(pi * min(share, 1.0))) / 2

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {"peak": self.peak, "steps": self.steps, "warmup": self.warmup}


@keras.saving.register_keras_serializable("ferkit")
class NesterovSGD(keras.optimizers.SGD):  # type: ignore[misc]
    """SGD with Nesterov momentum, and weight decay of kernels but not of biases and normalisation.

    Args:
        learning_rate: A number or a schedule. Defaults to 0.1.
        momentum: Momentum coefficient. Defaults to 0.9.
        kernel_decay: Weight decay: this times the kernel is added to its gradient. Defaults to 0.
        **options: Further arguments of `keras.optimizers.SGD`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.1,
        momentum: float = 0.9,
        kernel_decay: float = 0.0,
        **options: Any,
    ) -> None:
        options.pop("nesterov", None)
        super().__init__(learning_rate=learning_rate, momentum=momentum, nesterov=True, **options)
        self.kernel_decay = kernel_decay

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Apply one step to one variable."""
        gradient = keras.ops.cast(gradient, "float32")
        self.move(self.decayed(gradient, variable, learning_rate), variable, learning_rate)

    def decayed(self, gradient: Any, variable: Any, learning_rate: Any) -> Any:  # noqa: ARG002
        """Return the gradient plus that of the penalty."""
        if self.kernel_decay and len(variable.shape) > 1:
            return gradient + self.kernel_decay * keras.ops.convert_to_tensor(variable)
        return gradient

    def move(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Apply one step with a float32 gradient."""
        if keras.config.backend() != "tensorflow":
            super().update_step(gradient, variable, learning_rate)
            return
        import tensorflow as tf

        # One kernel, where Keras needs six passes over the weights.
        momentum = self.momentums[self._get_variable_index(variable)]
        tf.raw_ops.ResourceApplyKerasMomentum(
            var=resource_handle(variable),
            accum=resource_handle(momentum),
            lr=tf.cast(learning_rate, "float32"),
            grad=gradient,
            momentum=self.momentum,
            use_nesterov=True,
        )

    def effective_rate(self) -> float:
        """Return the rate of the last step."""
        if isinstance(self._learning_rate, WarmCosine):
            # In Python floats, since JAX compiles a program for each operation outside a step.
            return self._learning_rate.at(int(self.iterations))
        return float(self.learning_rate)

    def get_config(self) -> dict[str, Any]:
        """Return the configuration for saving."""
        return {**super().get_config(), "kernel_decay": self.kernel_decay}


def resource_handle(weight: Any) -> Any:
    """Return the handle of a variable for TensorFlow's fused optimizer kernels."""
    return (weight.value if isinstance(weight, keras.Variable) else weight).handle
