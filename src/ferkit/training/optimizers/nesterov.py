"""Stochastic gradient descent as residual networks are trained: Nesterov, warm-up, one cosine,
decay of kernels.
"""

from __future__ import annotations

from math import cos, pi
from typing import Any

import keras


@keras.saving.register_keras_serializable("ferkit")
class WarmCosine(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A rate that rises linearly to its peak and falls to nothing along half a cosine (arXiv
    1608.03983).

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
        """Return the same as a plain number."""
        if step < self.warmup:
            return self.peak * (step + 1) / self.warmup
        share = (step - self.warmup) / max(self.steps - self.warmup, 1)
        return self.peak * (1 + cos(pi * min(share, 1.0))) / 2

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {"peak": self.peak, "steps": self.steps, "warmup": self.warmup}


@keras.saving.register_keras_serializable("ferkit")
class NesterovSGD(keras.optimizers.SGD):  # type: ignore[misc]
    """SGD with Nesterov momentum whose decay pulls on kernels alone, not on biases and
    normalisation.

    Args:
        learning_rate: A number or a schedule. Defaults to 0.1.
        momentum: Share of the previous step that is kept. Defaults to 0.9.
        kernel_decay: Weight of the L2 penalty (half its gradient's factor is usual: 5e-4). Defaults
            to 0.
        **options: Whatever `keras.optimizers.SGD` takes.
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
        """Return the gradient with that of the penalty."""
        if self.kernel_decay and len(variable.shape) > 1:
            return gradient + self.kernel_decay * keras.ops.convert_to_tensor(variable)
        return gradient

    def move(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Go one step down a float32 gradient."""
        if keras.config.backend() != "tensorflow":
            super().update_step(gradient, variable, learning_rate)
            return
        import tensorflow as tf

        # One kernel for what Keras composes of six passes over the weights.
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
            # In plain numbers: JAX compiles a program for each operation outside a step.
            return self._learning_rate.at(int(self.iterations))
        return float(self.learning_rate)

    def get_config(self) -> dict[str, Any]:
        """Return the configuration for saving."""
        return {**super().get_config(), "kernel_decay": self.kernel_decay}


def resource_handle(weight: Any) -> Any:
    """Return what TensorFlow's fused optimizer kernels know a variable by."""
    return (weight.value if isinstance(weight, keras.Variable) else weight).handle
