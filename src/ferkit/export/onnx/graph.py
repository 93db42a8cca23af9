"""Intermediate representation of a network, between Keras's layers and ONNX's operators."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

Shape = tuple[int, ...]


@dataclass(eq=False)
class Step:
    """One operation.

    Attributes:
        kind: `"conv"`, `"dense"`, `"scale"` (per channel, `x * factor + offset`), `"max_pool"`,
            `"relu"`, ...
        inputs: Names of its input tensors.
        output: Name of its output tensor.
        values: Weights and settings. Weights are float64 in Keras's layout: kernels `(h, w, in /
            groups, out)` or `(in, out)`, everything per channel `(c,)`.
    """

    kind: str
    inputs: list[str]
    output: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Graph:
    """A network with one input and one output; its steps are in topological order.

    Attributes:
        steps: The operations.
        shapes: Shape of each tensor without the batch, in Keras's order `(h, w, c)` or `(c,)`.
        input: Name of the input.
        output: Name of the output.
    """

    steps: list[Step]
    shapes: dict[str, Shape]
    input: str
    output: str

    def producer(self, name: str) -> Step | None:
        """Return the step that computes a tensor; None for the input."""
        return next((step for step in self.steps if step.output == name), None)

    def users(self, name: str) -> list[Step]:
        """Return the steps that use a tensor; a step that uses it twice appears twice."""
        return [step for step in self.steps for taken in step.inputs if taken == name]

    def only_user(self, name: str) -> Step | None:
        """Return the only step that uses a tensor; None if several do, or it is the output."""
        users = self.users(name)
        return users[0] if len(users) == 1 and name != self.output else None

    def drop(self, step: Step) -> None:
        """Remove a step with one input; steps that used its output use its input instead."""
        (source,) = step.inputs
        self.steps.remove(step)
        for other in self.steps:
            other.inputs = [source if name == step.output else name for name in other.inputs]
        if self.output == step.output:
            self.output = source

    @property
    def macs(self) -> int:
        """Multiply-accumulate operations for one image: convolutions and dense layers."""
        total = 0
        for step in self.steps:
            if step.kind == "conv":
                height, width, _ = self.shapes[step.output]
                total += height * width * step.values["kernel"].size
            elif step.kind == "dense":
                total += step.values["kernel"].size
        return int(total)

    @property
    def parameters(self) -> int:
        """Number of weights."""
        arrays = ("kernel", "bias", "factor", "offset")
        return sum(
            prod(step.values[key].shape)
            for step in self.steps
            for key in arrays
            if key in step.values
        )
