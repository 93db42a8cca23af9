"""Adam with time decay, which Keras 3 optimizers no longer have."""

from __future__ import annotations

from typing import Any

import keras

from ferkit.training.optimizers.nesterov import resource_handle


@keras.saving.register_keras_serializable("ferkit")
class TimeDecayAdam(keras.optimizers.Adam):  # type: ignore[misc]
    """Adam with the rate `learning_rate / (1 + time_decay * t)` at step `t`.

    In Keras 2 this was `Adam(lr, decay=...)`. `learning_rate` remains a variable with the base
    rate, so that ReduceLROnPlateau, which refuses schedules, can lower it during the decay.

    Args:
        learning_rate: Base rate. Defaults to 1e-3.
        time_decay: Decay per step. Defaults to 0.
        **options: Further arguments of `keras.optimizers.Adam`.
    """

    def __init__(
        self, learning_rate: float = 1e-3, time_decay: float = 0.0, **options: Any
    ) -> None:
        super().__init__(learning_rate=learning_rate, **options)
        self.time_decay = time_decay

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Apply one step to one variable at the decayed rate."""
        rate = learning_rate / self._decay_divisor()
        if keras.config.backend() == "tensorflow" and not self.amsgrad:
            self._fused_step(gradient, variable, rate)
        else:
            super().update_step(gradient, variable, rate)

    def _fused_step(self, gradient: Any, variable: Any, rate: Any) -> None:
        """Apply the step in one kernel of TensorFlow; Keras needs ten passes over the weights."""
        import tensorflow as tf

        index = self._get_variable_index(variable)
        step = tf.cast(self.iterations.value + 1, "float32")
        tf.raw_ops.ResourceApplyAdam(
            var=resource_handle(variable),
            m=resource_handle(self._momentums[index]),
            v=resource_handle(self._velocities[index]),
            beta1_power=tf.pow(self.beta_1, step),
            beta2_power=tf.pow(self.beta_2, step),
            lr=tf.cast(rate, "float32"),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=tf.cast(gradient, "float32"),
        )

    def _decay_divisor(self) -> Any:
        return 1.0 + self.time_decay * keras.ops.cast(self.iterations, "float32")

    def effective_rate(self) -> float:
        """Return the rate of the next step: base rate over decay."""
        return float(self.learning_rate) / float(self._decay_divisor())

    def get_config(self) -> dict[str, Any]:
        """Return the configuration for saving."""
        return {**super().get_config(), "time_decay": self.time_decay}
