"""One training on one, on two devices, and in two processes; its histories go to a JSON file.

KERAS_BACKEND=jax python jax_devices.py DATA OUT one|two|process
"""

from __future__ import annotations

import contextlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax_trainings import VOTES, killed_before, rows, with_drawn_votes

from ferkit.data.dataset import FerDataset
from ferkit.data.load import load_fer2013
from ferkit.labels import SPLITS
from ferkit.models import load_model
from ferkit.training import resident
from ferkit.training.fitted_run import fit_run

# 55 images: a dispatch of three steps of ten, one of two, and five images that are left.
CONFIG = replace(VOTES, votes_weight=0.0, ferplus=None, augment="flip")


def main() -> None:
    data, out, mode = one_less(load_fer2013(sys.argv[1])), Path(sys.argv[2]), sys.argv[3]
    if mode == "process":
        fitted = fit_run(CONFIG, out / "processes", data=data, devices="all", quiet=True)
        found: dict[str, Any] = {"process": fitted.process, "rows": rows(fitted.run.path)}
        name = f"process-{fitted.process}"
    else:
        found, name = two_devices(data, out), "devices"
    (out / f"{name}.json").write_text(json.dumps(found))


def two_devices(data: FerDataset, out: Path) -> dict[str, Any]:
    """Train on one device and on two, on two with a kill between the epochs, and on two with a
    batch from the host for each step.
    """
    fit_run(CONFIG, out / "one", data=data, quiet=True)
    seen = look_at_shares()
    fit_run(CONFIG, out / "two", data=data, devices=2, quiet=True)
    shares = {"two": sorted(seen)}
    with contextlib.suppress(KeyboardInterrupt), killed_before(epoch=1):
        fit_run(CONFIG, out / "resumed", data=data, devices=2, quiet=True)
    fit_run(CONFIG, out / "resumed", data=data, devices=2, resume=True, quiet=True)
    resident.LARGEST = 0
    seen.clear()
    fit_run(CONFIG, out / "host", data=data, devices="all", quiet=True)
    shares["host"] = sorted(seen)
    weights = [load_model(out / name).get_weights() for name in ("two", "resumed")]
    return {
        **{name: rows(out / name) for name in ("one", "two", "resumed", "host")},
        "shares": shares,
        "same_weights": all(np.array_equal(a, b) for a, b in zip(*weights, strict=True)),
    }


def look_at_shares() -> set[tuple[int, int]]:
    """Return a set that gets, for each batch of a compiled step, its images and those of one
    device.
    """
    seen: set[tuple[int, int]] = set()
    share = resident.shared

    def looked_at(batch: Any) -> Any:
        images = (divided := share(batch))[0]

        def note(layout: jax.sharding.Sharding) -> None:
            seen.add((images.shape[0], layout.shard_shape(images.shape)[0]))

        jax.debug.inspect_array_sharding(images, callback=note)
        return divided

    resident.shared = looked_at
    return seen


def one_less(data: FerDataset) -> FerDataset:
    """Return `data` without the first of its training images."""
    kept = np.ones(len(data), bool)
    kept[np.flatnonzero(data.splits == SPLITS.index("train"))[0]] = False
    return with_drawn_votes(data.select(kept))


if __name__ == "__main__":
    main()
