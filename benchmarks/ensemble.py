"""The mean prediction of several trained models: a possible teacher, not a shipped model.

The members are chosen before the test split is used, which this scores once.

    python benchmarks/ensemble.py runs/small-0 runs/small-1 runs/base-0 --data fer2013.csv --tta ten
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ferkit.data.load import load_fer2013
from ferkit.errors import FerkitError
from ferkit.evaluation.ensemble import Ensemble
from ferkit.evaluation.evaluate import evaluate
from ferkit.evaluation.predictors import as_predictor
from ferkit.evaluation.subject import uses_extra_labels
from ferkit.files import write_json
from record import machine, shown_command

RECORD = Path(__file__).resolve().parents[1] / "records" / "ensemble"
SPLITS = ("validation", "test")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", help="run folders, files or shipped names")
    parser.add_argument("--data", default="auto", help="FER-2013 (default: auto)")
    parser.add_argument("--tta", choices=("none", "flip", "ten"), default="ten")
    parser.add_argument("--record", type=Path, default=RECORD, help="folder to write")
    typed = sys.argv[1:] if arguments is None else arguments
    chosen = parser.parse_args(typed)
    try:
        members = [as_predictor(model) for model in chosen.models]
        data = load_fer2013(chosen.data)
        splits = evaluate(Ensemble(members), data, splits=SPLITS, tta=chosen.tta)["splits"]
        pairs = zip(chosen.models, members, strict=True)
        declared = {uses_extra_labels(model, member) for model, member in pairs}
    except (FerkitError, ValueError) as error:
        sys.exit(f"Error: {error}")
    record = {
        "command": shown_command("benchmarks/ensemble.py", typed, chosen.data, *chosen.models),
        "members": len(members),
        "tta": chosen.tta,
        # None where a member does not say, and none says yes.
        "extra_labels": True in declared or (None if None in declared else False),
        "splits": splits,
        **machine(),
    }
    write_json(chosen.record / "metrics.json", record)
    for name, split in splits.items():
        print(f"{name}: {split['accuracy']:.2%}, macro F1 {split['macro_f1']:.3f}")


if __name__ == "__main__":
    main()
