"""Named recipes: complete `TrainConfig`s with what they reproduce and what they cost."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ferkit.errors import UsageError
from ferkit.renamed import advise
from ferkit.runs.config import TrainConfig


@dataclass(frozen=True)
class Recipe:
    """A named training.

    Attributes:
        config: Its settings.
        purpose: Its purpose, in one line.
        machine: The machine it is for, on which `time` and `accuracy` were measured if present.
        time: Wall time there, per epoch or in total.
        accuracy: Test accuracy to expect.
    """

    config: TrainConfig
    purpose: str
    machine: str
    time: str
    accuracy: str

    @property
    def name(self) -> str:
        """The recipe's name."""
        return self.config.recipe

    @property
    def command(self) -> str:
        """The command that runs it on a copy of FER-2013."""
        votes = " --ferplus fer2013new.csv" if self.config.votes_weight else ""
        return f"ferkit train {self.name} --data auto{votes} --out runs/{self.name}"


_TWO_CORES = "2 cores, AVX512-BF16"

# What the shipped models have in common; each choice's effect is in records/LOG.md.
_RESIDUAL = TrainConfig(
    batch_size=128,
    optimizer="nesterov",
    learning_rate=0.05,
    warmup_epochs=2.0,
    # For a loss of two parts, each with a weight of 1: 0.1 and 5e-4 for their mean.
    kernel_decay=1e-3,
    label_smoothing=0.1,
    image_sizes=(32, 40, 48),
    votes_weight=1.0,
    tensorboard=False,
)

_RECIPES = (
    Recipe(
        TrainConfig(
            recipe="cnn4",
            model="cnn4",
            epochs=50,
            # Keras's own defaults: a patience of 2 froze the rate too early (records/LOG.md).
            plateau_factor=0.1,
            plateau_patience=10,
        ),
        purpose="first notebook project: two convolutions, rescaling only",
        machine=_TWO_CORES,
        time="18 s an epoch",
        accuracy="55.6 % on test (the project states 50-60 % on validation+test)",
    ),
    Recipe(
        TrainConfig(
            recipe="cnn6",
            model="cnn6",
            epochs=60,
            learning_rate=1e-4,
            time_decay=1e-6,
            augment="flip-zoom",
            plateau_factor=0.2,
            plateau_patience=6,
            stop_patience=15,
        ),
        purpose='second notebook project: "6-layer" CNN with augmentation',
        machine=_TWO_CORES,
        time="127 s an epoch, the machine shared",
        accuracy="67.3 % on test (the project states 67 %)",
    ),
    Recipe(
        replace(
            _RESIDUAL,
            recipe="nano",
            model="nano",
            epochs=90,
            augment="affine-patch",
            second_epochs=18,
        ),
        purpose="the network of nano-fer2013, under 0.2 M parameters",
        machine=f"one of {_TWO_CORES}",
        time="23 s an epoch, the machine shared",
        accuracy="68.9 % on test, mean of three seeds",
    ),
    Recipe(
        replace(
            _RESIDUAL,
            recipe="small",
            model="small",
            epochs=70,
            augment="affine-patch",
            second_epochs=18,
        ),
        purpose="the network of small-fer2013, under 1 M parameters",
        machine=f"one of {_TWO_CORES}",
        time="47 s an epoch, the machine shared",
        accuracy="71.2 % on test, mean of three seeds",
    ),
    Recipe(
        replace(
            _RESIDUAL,
            recipe="base",
            model="base",
            epochs=70,
            augment="affine-patch",
        ),
        purpose="the network of base-fer2013, under 2 M parameters",
        machine=_TWO_CORES,
        time="54 s an epoch, the machine shared",
        accuracy="71.7 % on test",
    ),
    Recipe(
        replace(
            _RESIDUAL,
            recipe="large",
            model="large",
            epochs=150,
            batch_size=256,
            learning_rate=0.1,
            augment="affine-patch",
        ),
        purpose="a network of 6.3 M parameters for a GPU: KERAS_BACKEND=jax",
        machine="one NVIDIA H200",
        time="0.7 s an epoch, 259 s in all",
        accuracy="72.1 % on test",
    ),
    *(
        Recipe(
            replace(
                _RESIDUAL,
                recipe=f"{size}-wild",
                model=size,
                start=f"{size}-fer2013",
                epochs=epochs,
                learning_rate=rate,
                warmup_epochs=1.0,
                image_sizes=(48,),
                augment="affine-camera",
            ),
            purpose=f"the training of {model} from {size}-fer2013, for poorer cameras",
            machine=f"one of {_TWO_CORES}, shared by ten",
            time=time,
            accuracy=f"{test} % on test by the head for FER-2013's labels",
        )
        for size, model, epochs, rate, time, test in (
            ("nano", "nano-wild", 10, 0.02, "154 s an epoch", "67.4"),
            ("small", "small-wild", 16, 0.03, "83 s an epoch", "70.4"),
        )
    ),
    Recipe(
        replace(
            _RESIDUAL,
            recipe="speedrun",
            model="nano",
            epochs=30,
            augment="affine",
            optimizer="muon",
            learning_rate=0.1,
            kernel_decay=0.01,
        ),
        purpose="67 % on test in the least time on two cores",
        machine=_TWO_CORES,
        time="7.1 min in all",
        accuracy="68.3 % on test",
    ),
    Recipe(
        TrainConfig(
            recipe="demo",
            model="demo",
            epochs=60,
            batch_size=32,
            learning_rate=3e-3,
            augment="light",
            # 350 validation faces tell epochs apart by their loss, hardly by their accuracy.
            checkpoint_monitor="val_loss",
            plateau_factor=0.3,
            plateau_patience=6,
        ),
        purpose="drawn faces in a minute, for `make demo`",
        machine=_TWO_CORES,
        time="1 s an epoch",
        accuracy="94.0 % on the drawn test faces of seed 0",
    ),
)


def named_recipes() -> dict[str, Recipe]:
    """Return all recipes by name."""
    return {recipe.name: recipe for recipe in _RECIPES}


def recipes() -> dict[str, Recipe]:
    """Old name of `named_recipes`."""
    advise("recipes()", "named_recipes()")
    return named_recipes()


def get_recipe(name: str) -> Recipe:
    """Return the recipe of this name.

    Raises:
        UsageError: There is no such recipe.

    Example:
        >>> get_recipe("cnn6").config.learning_rate
        0.0001
    """
    known = named_recipes()
    if name not in known:
        raise UsageError(f"There is no recipe '{name}'; choose from {', '.join(known)}.")
    return known[name]
