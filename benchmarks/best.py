"""Train the members of the shipped ensembles and ship the ensembles, in one command.

The command can be repeated: finished members are not trained again, and a killed training resumes.
`large` is a network for a GPU (KERAS_BACKEND=jax), on which each training takes five minutes.

    python benchmarks/best.py --data fer2013.csv --ferplus fer2013new.csv --photos wild-dev.zip
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ferkit.data.dataset import FerDataset
from ferkit.data.ferplus import read_ferplus
from ferkit.data.ferplus_labels import with_votes
from ferkit.data.load import load_fer2013
from ferkit.errors import FerkitError
from ferkit.export.shipping.ensemble import ship_ensemble
from ferkit.export.shipping.members import Member, probed_member, read_member
from ferkit.runs.folder import RunFolder

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = ROOT / "src" / "ferkit" / "weights"


@dataclass(frozen=True)
class Training:
    """A member that is no shipped model by itself.

    Attributes:
        name: Of its run folder.
        arguments: What `ferkit train` is given besides data and folder.
        start: The training that it continues from, if any. Defaults to None.
    """

    name: str
    arguments: tuple[str, ...]
    start: Training | None = None


def settings(**values: object) -> tuple[str, ...]:
    """Return `--set KEY=VALUE` for each."""
    return tuple(word for key, value in values.items() for word in ("--set", f"{key}={value}"))


# `large` as its recipe has it, and with more decay, since it knows its training images by heart;
# the second once more with pictures as cameras take them (records/LOG.md).
LARGE = Training("large-0", ("large", "--seed", "0"))
DECAY = Training("large-decay", ("large", "--epochs", "100", *settings(kernel_decay=0.004)))
CAMERA = Training(
    "large-camera",
    (
        "large",
        *settings(
            epochs=4,
            warmup_epochs=0.3,
            learning_rate=0.012,
            batch_size=128,
            image_sizes=48,
            augment="affine-camera",
        ),
    ),
    start=DECAY,
)
BASE = Training(
    "base-camera",
    (
        "base",
        *settings(
            start="base-fer2013",
            epochs=12,
            warmup_epochs=1,
            second_epochs=0,
            learning_rate=0.012,
            image_sizes=48,
            augment="affine-camera",
        ),
    ),
)
SMALL = Training("small-camera", ("small-wild",))
NANO = Training("nano-camera", ("nano-wild",))


@dataclass(frozen=True)
class Probed:
    """A shipped model for FER-2013's labels, with a head that is fitted to the votes."""

    name: str


# Weight of the labels' heads; votes have the rest (records/LOG.md).
SHARES = {"base-wild": 0.15, "best-wild": 0.1}

# Each model's members.
MODELS: dict[str, tuple[str | Training | Probed, ...]] = {
    "best-fer2013": ("nano-fer2013", "small-fer2013", "base-fer2013", LARGE, DECAY),
    "base-wild": (Probed("small-fer2013"), SMALL, NANO),
    "best-wild": (Probed("small-fer2013"), BASE, CAMERA),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", help="names of ensembles (default: all)")
    parser.add_argument("--data", default="auto", help="FER-2013 (default: auto)")
    parser.add_argument("--ferplus", type=Path, required=True, help="fer2013new.csv of FER+")
    parser.add_argument("--photos", type=Path, required=True, help="labelled photographs")
    parser.add_argument("--runs", type=Path, default=Path("runs/best"), help="members' folder")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder to write")
    chosen = parser.parse_args()
    # Known now rather than after hours of training.
    if unknown := [name for name in chosen.models if name not in MODELS]:
        parser.error(f"there is no {', '.join(unknown)}; choose from {', '.join(MODELS)}")
    if missing := [str(file) for file in (chosen.ferplus, chosen.photos) if not file.exists()]:
        parser.error(f"there is no file {', '.join(missing)}")
    try:
        for name in chosen.models or MODELS:
            ship(name, chosen)
    except FerkitError as error:
        sys.exit(f"Error: {error}")


def ship(name: str, chosen: argparse.Namespace) -> None:
    """Train what is missing of a model's members, and write its files."""
    wild = name.endswith("-wild")
    for member in MODELS[name]:
        if isinstance(member, Training):
            train(member, chosen)
    data, people, share = load_fer2013(chosen.data), {}, SHARES.get(name)
    if wild:
        data = with_votes(data, read_ferplus(chosen.ferplus))
        majority = {"labels": "ferplus-majority", "ferplus": chosen.ferplus}
        people = {"votes": load_fer2013(chosen.data, **majority), "photographs": chosen.photos}
    members = [read(each, data, chosen.runs, share) for each in MODELS[name]]
    shipped = ship_ensemble(members, name, data, chosen.weights, **people)
    card = shipped.content
    print(
        f"{shipped.onnx}: {shipped.onnx.stat().st_size / 1e6:.2f} MB, {card['macs'] / 1e6:.0f} MMAC"
    )
    for tta, splits in card["evaluation"]["tta"].items():
        print(
            f"{tta:<5} validation {splits['validation']['accuracy']:.2%}  "
            f"test {splits['test']['accuracy']:.2%}"
        )


def read(
    member: str | Training | Probed, data: FerDataset, runs: Path, share: float | None
) -> Member:
    """Return a member's network."""
    if isinstance(member, Probed):
        return probed_member(member.name, data, share or 0)
    if isinstance(member, Training):
        return read_member(runs / member.name, share=share)
    return read_member(member)


def train(member: Training, chosen: argparse.Namespace) -> None:
    """Run `ferkit train` for a member that is not finished.

    Raises:
        FerkitError: It failed; what it said is on the terminal.
    """
    folder = chosen.runs / member.name
    run = RunFolder(folder)
    if run.is_finished():
        return
    begin: tuple[str, ...] = ()
    if member.start:
        train(member.start, chosen)
        begin = settings(start=chosen.runs / member.start.name / "model.keras")
    data = ["--data", str(chosen.data), "--ferplus", str(chosen.ferplus), "--out", str(folder)]
    # Killed before its first epoch, a training may have left a folder without a run.
    resume = ["--resume"] if run.config.exists() else []
    command = [sys.executable, "-m", "ferkit", "train", *member.arguments, *begin, *data, *resume]
    if subprocess.run(command, check=False).returncode:
        raise FerkitError(f"The training of {member.name} did not end; see above.")


if __name__ == "__main__":
    main()
