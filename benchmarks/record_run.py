"""Copy the log and metrics of a training to records/runs, without weights, pictures or paths.

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
    folders = [".", *(read_json(arguments.run / "config.json").get("averaged") or [])]
    files = [Path(folder, name) for folder in folders for name in KEPT]
    sources = {file: arguments.run / file for file in files if (arguments.run / file).is_file()}
    sources[Path("train.log")] = arguments.log
    for file, source in sources.items():
        text = source.read_text(encoding="utf-8")
        for path, shown in places.items():
            text = text.replace(path, shown)
        write_text(target / file, text)
    print(f"Recorded {len(sources)} files in {target}")


if __name__ == "__main__":
    main()
