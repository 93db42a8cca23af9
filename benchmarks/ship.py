"""Make a shipped model's files from finished trainings: weights/NAME.onnx, .keras and .json.

Give every seed of the recipe; the one that is best on validation is shipped. Afterwards run `make
docs`, which writes docs/models/NAME.md from the card, and commit all files.

    python benchmarks/ship.py nano-fer2013 runs/nano-0 runs/nano-1 --data fer2013.csv.xz --int8

With --photos, the model is one for ordinary photographs, which combines both heads of a training
with FER+'s votes:

    python benchmarks/ship.py small-wild runs/small --ferplus fer2013new.csv --photos wild-dev.zip

Without runs, figures on photographs are added to the card of a shipped model:

    python benchmarks/ship.py small-fer2013 --photos wild-dev.zip

and with --int8 its 8-bit variant is made again (a -wild model also needs --ferplus and --photos):

    python benchmarks/ship.py small-fer2013 --int8 --data fer2013.csv.xz
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ferkit.data.dataset import FerDataset
from ferkit.data.load import load_fer2013
from ferkit.errors import FerkitError
from ferkit.export.shipping.int8_again import ship_int8_again
from ferkit.export.shipping.ship import Shipped, ship
from ferkit.export.shipping.wild import SHARE, add_photographs, ship_wild

WEIGHTS = Path(__file__).resolve().parents[1] / "src" / "ferkit" / "weights"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="name of the shipped model")
    parser.add_argument("runs", type=Path, nargs="*", help="finished run folders, one a seed")
    parser.add_argument("--data", default="auto", help="FER-2013 (default: auto)")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder to write")
    parser.add_argument("--int8", action="store_true", help="ship NAME-int8 too, in 8-bit integers")
    parser.add_argument("--share", type=float, default=SHARE, help="of the labels' head (0.2)")
    parser.add_argument("--ferplus", type=Path, help="fer2013new.csv of FER+, for --photos")
    parser.add_argument("--photos", type=Path, help="labelled photographs: ship a wild model")
    arguments = parser.parse_args()
    try:
        if arguments.int8 and not arguments.runs:
            tell(int8_again(arguments))
            return
        if arguments.photos and not arguments.runs:
            add_photographs([arguments.name], arguments.photos, arguments.weights)
            return
        shipped = made(arguments)
        tell(shipped)
        if shipped.int8:
            tell(shipped.int8)
    except FerkitError as error:
        sys.exit(f"Error: {error}")


def int8_again(arguments: argparse.Namespace) -> Shipped:
    """Return the 8-bit variant that was made anew."""
    return ship_int8_again(
        arguments.name,
        load_fer2013(arguments.data),
        arguments.weights,
        votes=arguments.ferplus and votes_of(arguments),
        photographs=arguments.photos,
    )


def votes_of(arguments: argparse.Namespace) -> FerDataset:
    """Return FER-2013 with the majority of FER+'s votes."""
    return load_fer2013(arguments.data, labels="ferplus-majority", ferplus=arguments.ferplus)


def made(arguments: argparse.Namespace) -> Shipped:
    """Return what was shipped."""
    runs, name, int8 = arguments.runs, arguments.name, arguments.int8
    data = load_fer2013(arguments.data)
    if not arguments.photos:
        return ship(runs, name, data, arguments.weights, int8=int8)
    votes = votes_of(arguments)
    return ship_wild(
        runs,
        name,
        data,
        votes,
        arguments.photos,
        arguments.weights,
        share=arguments.share,
        int8=int8,
    )


def tell(shipped: Shipped) -> None:
    card = shipped.content
    for file in (shipped.onnx, shipped.keras, shipped.card):
        if file is not None:
            print(f"{file}: {file.stat().st_size / 1e6:.2f} MB")
    print(f"{card['parameters']:,} parameters, {card['macs'] / 1e6:.1f} MMAC")
    parity = card["parity"]
    print(
        f"{parity['reference']} {parity['accuracy_reference']:.2%} and {card['name']}.onnx "
        f"{parity['accuracy_exported']:.2%} on validation, "
        f"largest difference of a probability {parity['largest_difference']:.2g}"
    )
    calibration = card["calibration"]
    print(f"temperature {card['temperature']:.3f}, label smoothing of {card['smoothing']:g} undone")
    for split in ("validation", "test"):
        part = calibration[split]
        print(
            f"{split}: ECE {part['ece_before']:.2%} before, "
            f"{part['ece']:.2%} after; {part['kept']:.1%} have a confidence of "
            f"{card['uncertain_below']} "
            f"or more, {part['accuracy'] or 0:.1%} of those are right"
        )
    for tta, splits in card["evaluation"]["tta"].items():
        test = splits["test"]
        clean = "-" if test["clean_accuracy"] is None else f"{test['clean_accuracy']:.2%}"
        print(
            f"tta {tta:<5} validation {splits['validation']['accuracy']:.2%}  test "
            f"{test['accuracy']:.2%}  "
            f"clean {clean}  macro F1 {test['macro_f1']:.3f}  ECE {test['ece']:.2%}"
        )


if __name__ == "__main__":
    main()
