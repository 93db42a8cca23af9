"""Copy what a training printed and measured into records/runs: no weights, no pictures, no paths of this machine.

python benchmarks/record_run.py runs/cnn6 --log runs/cnn6.log
python benchmarks/leaderboard.py
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ferkit.files import read_json, write_text

RUNS = Path(__file__).resolve().parents[1] / "records" / "runs"
KEPT = (
    "config.json",
    "environment.json",
    "history.csv",
    "metrics.json",
    "classification_report.txt",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="a finished run folder")
    parser.add_argument("--log", type=Path, required=True, help="what the training printed")
    parser.add_argument("--to", type=Path, help="folder to write (default: records/runs/NAME)")
    arguments = parser.parse_args()
    target = arguments.to or RUNS / arguments.run.name
    origin = Path(read_json(arguments.run / "config.json")["data_summary"]["origin"])
    places = {str(origin.parent): "DATA", str(arguments.run.resolve().parent): "runs"}
    files = [arguments.run / name for name in KEPT if (arguments.run / name).is_file()]
    for source, name in [*((file, file.name) for file in files), (arguments.log, "train.log")]:
        text = source.read_text(encoding="utf-8")
        for path, shown in places.items():
            text = text.replace(path, shown)
        write_text(target / name, text)
    print(f"Recorded {len(files) + 1} files in {target}")


if __name__ == "__main__":
    main()
