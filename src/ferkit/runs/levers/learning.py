"""Optimisation: epochs, optimizer, learning rate and regularisation."""

from __future__ import annotations

from dataclasses import dataclass

from ferkit.runs.levers import phrases
from ferkit.runs.levers.field import Search, lever

_EPOCHS = (1, 100_000)
_COUNT = (0, 100_000)
_RATE = (1e-12, 1e3)
OPTIMIZERS = ("adam", "nesterov", "muon")


@dataclass(frozen=True)
class LearningLevers:
    """Optimisation: epochs, optimizer, learning rate and regularisation."""

    epochs: int = lever(
        60, "Passes over the training split.", between=_EPOCHS, always=True, words=phrases.epochs
    )
    batch_size: int = lever(
        64, "Images per step.", between=(1, 65_536), always=True, words="{batch_size}"
    )
    optimizer: str = lever(
        "adam",
        '`"adam"`; `"nesterov"`: SGD with Nesterov momentum 0.9, linear warm-up and one cosine to '
        'zero; or `"muon"`: the same with orthogonalised steps of convolutions '
        "(`ferkit.training.optimizers.muon`).",
        choices=OPTIMIZERS,
        always=True,
        words=phrases.optimizer,
    )
    learning_rate: float = lever(
        1e-3,
        "Adam's base rate, or the peak of the cosine.",
        between=_RATE,
        always=True,
        words=phrases.learning_rate,
        search=Search(1e-4, 0.3, log=True),
    )
    warmup_epochs: float = lever(
        0.0,
        "Epochs of the warm-up before the cosine; may be a fraction.",
        between=(0, 1e5),
        heading="Learning rate",
        always=True,
        words=phrases.warmup,
    )
    kernel_decay: float = lever(
        0.0,
        'Weight decay of kernels under `"nesterov"` (L2) and `"muon"` (decoupled; needs about ten '
        "times the value); biases and normalisation have none.",
        between=(0, 1),
        heading="Optimizer",
        words="weight decay {kernel_decay:g} on kernels",
        search=Search(1e-5, 3e-2, log=True, where=lambda config: config.anneals),
    )
    time_decay: float = lever(
        0.0,
        "Base rate and plateau factor are divided by `1 + time_decay * step`; Keras 2 called it "
        "`decay`.",
        between=(0, 1e3),
        heading="Learning rate",
        words="divided by 1 + {time_decay:g} × step",
    )
    label_smoothing: float = lever(
        0.0,
        "Share of each target spread over all classes, 0..1.",
        between=(0, 1),
        heading="Optimizer",
        words="label smoothing {label_smoothing:g}",
        search=Search(0.0, 0.2),
    )
    second_epochs: int = lever(
        0,
        "Epochs of a second cycle at 48x48 pixels, which begins where training ended; the result "
        "has the mean weights of both cycles (`ferkit.training.cycles`). 0: none. Needs an "
        "optimizer with a cosine.",
        between=_COUNT,
        heading="Second cycle",
        words=phrases.second_cycle,
    )
    second_rate: float = lever(
        0.02,
        "Peak of the second cycle's cosine.",
        between=_RATE,
        told_with="second_epochs",
    )
    votes_weight: float = lever(
        0.0,
        "Weight of a second head that predicts the distribution of FER+ votes while training "
        "(needs `ferplus`); 0: none. The saved model is the same with and without.",
        between=(0, 1e3),
        heading="Labels",
        words="and FER+'s votes through a second head of weight {votes_weight:g}",
    )
    teacher: tuple[str, ...] = lever(
        (),
        "Models whose predictions are learned in addition to the labels: shipped names, run "
        "folders, `.keras` or `.onnx` files; `()` for none. If votes are learned, models that "
        "know contempt teach the votes; all others teach the labels. They see images without "
        "augmentation.",
        words=phrases.teacher,
    )
    teacher_weight: float = lever(
        0.5,
        "Weight of the teacher's prediction in each target, 0..1.",
        between=(0, 1),
        told_with="teacher",
        search=Search(0.1, 0.9, where=lambda config: bool(config.teacher)),
    )
    teacher_views: str = lever(
        "ten",
        "Views of an image whose mean answer is taught: `none` (it alone), `flip` or `ten`.",
        choices=("ten", "flip", "none"),
        told_with="teacher",
    )
    head_epochs: int = lever(
        0,
        'Epochs of a fine-tuning in which the last layer learns alone. Needs `optimizer="adam"`.',
        between=_COUNT,
        heading="Learning rate",
        always=True,
        words=phrases.head_first,
    )
    body_rate: float = lever(
        1.0,
        "Rate of all other layers after that, as a share of the last one's.",
        between=(0, 1),
        told_with="head_epochs",
        search=Search(1e-3, 1.0, log=True, where=lambda config: config.fine_tunes),
    )
