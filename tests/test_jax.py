"""Everything except TensorBoard works on JAX too, where images stay on the device for training."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from on_jax import on_jax

from ferkit import evaluate, load_fer2013
from ferkit.models import load_model

pytest.importorskip("jax")
pytestmark = pytest.mark.slow

Found = dict[str, Any]


@pytest.fixture(scope="module")
def out(faces_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of all trainings of `jax_trainings.py`, which compiles for most of its
    time.
    """
    out = tmp_path_factory.mktemp("jax")
    command = [sys.executable, "-W", "error::UserWarning", "-m", "jax_trainings", faces_folder, out]
    done = subprocess.run(command, capture_output=True, text=True, env=on_jax(out))
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def found(out: Path) -> Found:
    loaded: Found = json.loads((out / "found.json").read_text())
    return loaded


def losses(rows: list[dict[str, float]]) -> list[float]:
    return [row[name] for row in rows for name in ("loss", "val_loss")]


def test_a_run_on_jax_is_whole(out: Path, found: Found) -> None:
    run = out / "whole"
    environment = json.loads((run / "environment.json").read_text())
    assert (environment["backend"], environment["precision"]) == ("jax", "float32")
    rates = [row["learning_rate"] for row in found["whole"]]
    assert rates == pytest.approx([3e-3 / 1.02, 3e-3 / 1.04], rel=1e-5)
    assert (run / "report.html").exists()
    assert not (run / "tensorboard").exists()


def test_tensorflow_gives_the_figures_of_a_model_that_jax_saved(
    out: Path, faces_folder: Path
) -> None:
    other = evaluate(load_model(out / "whole"), load_fer2013(faces_folder))["splits"]["test"]
    saved = json.loads((out / "whole" / "metrics.json").read_text())["splits"]["test"]
    assert other["confusion_matrix"] == saved["confusion_matrix"]
    assert other["nll"] == pytest.approx(saved["nll"], abs=1e-4)


def test_images_on_the_device_train_as_batches_from_the_host_do(found: Found) -> None:
    # Two heads, affine augmentation, a step that fills up and a last batch of six images.
    assert losses(found["device"]) == pytest.approx(losses(found["host"]), abs=1e-5)
    accuracies = [[row["accuracy"] for row in found[kind]] for kind in ("device", "host")]
    assert accuracies[0] == accuracies[1]


def test_too_many_images_stay_on_the_host_with_one_notice(found: Found) -> None:
    assert found["host_told"].count("so each step sends its batch to the device") == 1


def test_every_image_is_in_one_dispatch_in_the_order_of_the_batches(found: Found) -> None:
    # Seven full batches of three in dispatches of three, and two images that are left.
    dispatches = found["order"]
    assert [np.shape(rows) for rows in dispatches] == [(3, 3)] * 3 + [(1, 2)]
    sent = [index for rows in dispatches for row in rows for index in row]
    assert [i for i in sent if i >= 0] == np.random.default_rng([5, 1]).permutation(23).tolist()
    assert dispatches[2][1:] == [[-1] * 3] * 2


def test_a_step_is_traced_once_for_each_image_size_and_for_the_rest(found: Found) -> None:
    assert found["whole_counts"]["traces"] == 2  # 32 and 48 pixels, no rest
    assert found["device_traces"] == 2  # 48 pixels, and the rest of six images


def test_a_resumed_training_is_the_uninterrupted_one(found: Found) -> None:
    assert len(found["stopped"]) == 1
    assert found["resumed"] == found["whole"]
    assert found["same_weights"]


def test_a_second_training_takes_what_the_first_compiled(found: Found) -> None:
    assert found["whole_counts"]["compiled"] > 10
    assert found["again_counts"]["compiled"] == 0


def test_bfloat16_learns_nearly_the_same(found: Found) -> None:
    first = losses(found["whole"][:1])
    assert losses(found["bfloat16"]) == pytest.approx(first, abs=0.02)
    assert losses(found["bfloat16"]) != first


def test_the_body_rests_until_the_head_has_learned(found: Found) -> None:
    first, second = found["head_first"]
    assert first == [False] * (len(first) - 2) + [True, True]
    assert all(second)


def test_training_flops_are_those_of_the_images_that_were_trained(found: Found) -> None:
    row = found["flops"]
    # 5x5 to 4 channels at 15x15 places, 3x3 from 4 to 8 at 13x13, and 8 features to 7 classes.
    assert int(row["macs"]) == 225 * 25 * 4 + 169 * 9 * 4 * 8 + 8 * 7
    flops = 6 * int(row["macs"]) * float(row["images_per_second"])
    assert float(row["training_flops"]) == pytest.approx(flops, rel=0.01)
    assert float(row["share"]) == pytest.approx(flops / float(row["matmul_flops"]), abs=1e-3)
    assert (row["computed_on"], row["size"], row["batch_size"]) == ("cpu", "48", "28")
