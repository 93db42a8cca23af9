"""Adam for fine-tuning: full rate for the head, a lower or zero rate for the body, in one compiled
step.
"""

from __future__ import annotations

from typing import Any

import keras

from ferkit.training.optimizers.adam import TimeDecayAdam


@keras.saving.register_keras_serializable("ferkit")
class HeadFirstAdam(TimeDecayAdam):
    """Adam with a lower rate for all weights outside the head.

    The gradients of a new head are meaningless at first and would spoil a trained body, so the body
    is frozen until the head has learned something (Kumar et al., "Fine-Tuning can Distort
    Pretrained Features", ICLR 2022, arXiv 2202.10054). The body's factor is a variable, so that a
    change does not recompile the step.

    Args:
        learning_rate: Base rate of the head. Defaults to 1e-3.
        time_decay: Decay per step. Defaults to 0.
        **options: Further arguments of `keras.optimizers.Adam`.
    """

    def __init__(
        self, learning_rate: float = 1e-3, time_decay: float = 0.0, **options: Any
    ) -> None:
        super().__init__(learning_rate, time_decay, **options)
        self._head: frozenset[int] = frozenset()
        self.body_factor: Any = None

    def build(self, variables: list[Any]) -> None:
        """Create the state of `variables` and the body's factor."""
        if self.built:
            return
        super().build(variables)
        self.body_factor = self.add_variable((), initializer="ones", name="body_factor")

    def set_head(self, trained: list[Any], head: list[Any]) -> None:
        """Set which of the `trained` variables belong to the head, before the first step."""
        self.build(trained)
        own = {id(variable) for variable in head}
        self._head = frozenset(self._get_variable_index(v) for v in trained if id(v) in own)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Apply one step to one variable at its rate."""
        if self._get_variable_index(variable) not in self._head:
            learning_rate = learning_rate * keras.ops.convert_to_tensor(self.body_factor)
        super().update_step(gradient, variable, learning_rate)
