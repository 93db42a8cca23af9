"""From run folders to a shipped model, and from its name to its metrics, without Keras."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from ferkit import weights
from ferkit.cli.main import main
from ferkit.data.dataset import FerDataset
from ferkit.errors import ModelError, UsageError
from ferkit.evaluation.card_check import compare_with_card, split_digest
from ferkit.evaluation.evaluate import evaluate
from ferkit.export.shipping import int8 as ship_int8
from ferkit.export.shipping.card import training
from ferkit.export.shipping.int8_again import ship_int8_again
from ferkit.export.shipping.ship import Shipped, ship
from ferkit.files import read_json, write_json
from ferkit.inference.classifier import EmotionClassifier
from ferkit.models import model_card, save_model
from ferkit.runs.record import choose_run, read_run, read_scores, without_paths

Build = Callable[[str], keras.Model]

# What needs more than the core install; None in sys.modules makes Python say that it is not
# installed.
BLOCKED = (
    *("keras", "tensorflow", "jax", "torch", "pandas", "matplotlib", "seaborn"),
    *("sklearn", "scipy", "jinja2", "onnx", "tf2onnx", "tensorboard"),
)
WITHOUT = (
    f"import sys\nfor name in {BLOCKED}: sys.modules[name] = None\n"
    "from pathlib import Path\nfrom ferkit import weights\n"
    "weights._folder = lambda: Path(sys.argv[1])\n"
    "from ferkit.cli.main import main\nmain(sys.argv[2:])\n"
)


def write_run(folder: Path, model: keras.Model, data: FerDataset, seed: int) -> Path:
    """Write the files of a finished training, without training."""
    save_model(model, folder / "model.keras", card={"epoch": 2, "extra_labels": False})
    metrics = evaluate(folder / "model.keras", data, splits=("validation", "test"))
    write_json(folder / "metrics.json", metrics)
    summary = {"origin": "/home/someone/fer2013.csv", "counts": data.counts(), "notes": []}
    config = {
        "recipe": "tiny",
        "model": "demo",
        "data": "/home/someone/fer2013.csv",
        "epochs": 3,
        "seed": seed,
        "checkpoint_monitor": "val_accuracy",
        "data_summary": summary,
        "extra_labels": False,
        "excluded": None,
    }
    write_json(folder / "config.json", config)
    command = f"ferkit train tiny --data /home/someone/fer2013.csv --seed {seed}"
    environment = {"commit": "abc", "command": command, "training_seconds": 60.0 + seed}
    write_json(folder / "environment.json", environment)
    history = "epoch,val_accuracy\n0,0.2\n1,0.4\n2,0.3\n"
    (folder / "history.csv").write_text(history)
    return folder


@pytest.fixture(scope="module")
def runs(
    build: Build, tiny_dataset: FerDataset, tmp_path_factory: pytest.TempPathFactory
) -> list[Path]:
    folder = tmp_path_factory.mktemp("runs")
    model = build("demo")
    other = keras.models.clone_model(model)
    other.set_weights(model.get_weights())
    other.layers[-1].kernel.assign(-np.asarray(model.layers[-1].kernel))
    return [
        write_run(folder / f"seed-{seed}", each, tiny_dataset, seed)
        for seed, each in enumerate((model, other))
    ]


@pytest.fixture(scope="module")
def shipped(
    runs: list[Path], tiny_dataset: FerDataset, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shipped]:
    """Ship the runs as `tiny`, into a folder used in place of the package's."""
    folder = tmp_path_factory.mktemp("weights")
    with pytest.MonkeyPatch.context() as patch:
        # Of 21 faces that an untrained model guesses at, one more or less is more than a tenth of a
        # point.
        patch.setattr(ship_int8, "MOST_LOSS", 1.0)
        patch.setattr(ship_int8, "MOST_LIKELIHOOD_LOSS", 1.0)
        done = ship(runs, "tiny", tiny_dataset, folder, int8=True)
        patch.setattr(weights, "_folder", lambda: folder)
        yield done


def test_the_run_that_is_best_on_validation_is_shipped(runs: list[Path], shipped: Shipped) -> None:
    entries = [score for run in runs for score in read_scores(run, "validation")]
    ranks = [(entry["accuracy"], -entry["nll"]) for entry in entries]
    best = ranks.index(max(ranks))
    assert choose_run(runs) == runs[best]
    assert shipped.content["training"]["config"]["seed"] == best
    assert [row["seed"] for row in shipped.content["seeds"]["runs"]] == [0, 1]
    test = [read_scores(run, "test")[0]["accuracy"] for run in runs]
    assert shipped.content["seeds"]["test"]["mean"] == pytest.approx(np.mean(test))
    assert shipped.content["seeds"]["test"]["sd"] == pytest.approx(np.std(test, ddof=1))


def test_the_card_is_complete_and_names_no_folder(shipped: Shipped) -> None:
    card = read_json(shipped.card)
    assert card == json.loads(json.dumps(shipped.content))
    assert set(card) >= {
        *("name", "task", "emotions", "input", "output", "parameters", "macs", "temperature"),
        *("uncertain_below", "files", "parity", "calibration", "training", "seeds", "evaluation"),
    }
    assert "someone" not in shipped.card.read_text()
    assert card["training"]["best_epoch"] == 2
    assert card["training"]["environment"]["command"].startswith(
        "ferkit train tiny --data fer2013.csv"
    )
    assert set(card["evaluation"]["tta"]) == {"none", "flip", "ten"}
    assert card["parity"]["largest_difference"] < 1e-4
    assert {p.name for p in shipped.card.parent.iterdir()} == {
        "tiny.onnx",
        "tiny.keras",
        "tiny.json",
        "tiny-int8.onnx",
        "tiny-int8.json",
    }


def test_the_files_match_the_card(shipped: Shipped, tmp_path: Path) -> None:
    assert weights.shipped_models() == ("tiny", "tiny-int8")
    classifier = EmotionClassifier("tiny")
    card = weights.model_card("tiny")
    assert classifier.uncertain_below == card["uncertain_below"]
    assert weights.keras_file("tiny") == shipped.keras
    # Notes of the training in its file are kept for fine-tunings of the shipped model.
    kept = model_card(weights.keras_file("tiny"))
    assert (kept["epoch"], kept["extra_labels"]) == (2, False)
    # And a copy of the file still knows, under whatever name.
    copy = shutil.copy(weights.onnx_file("tiny"), tmp_path / "mine.onnx")
    assert EmotionClassifier(copy).card["extra_labels"] is False
    assert EmotionClassifier(weights.onnx_file("tiny-int8")).card["extra_labels"] is False
    assert weights.onnx_file("tiny").stat().st_size == card["files"]["onnx"]["bytes"]


def test_the_8_bit_variant_has_its_own_card(shipped: Shipped, tiny_dataset: FerDataset) -> None:
    assert shipped.int8 is not None
    card, plain = weights.model_card("tiny-int8"), shipped.content
    assert (card["name"], card["variant_of"]) == ("tiny-int8", "tiny")
    assert card["training"] == plain["training"]
    assert card["files"]["onnx"]["bytes"] < 0.6 * plain["files"]["onnx"]["bytes"]
    assert card["parity"]["reference"] == "tiny in float32"
    assert card["parity"]["largest_difference"] > 0
    alone = EmotionClassifier(shipped.int8.onnx)
    test = tiny_dataset.split("test")
    right = float((alone.predict(test.images).argmax(axis=1) == test.labels).mean())
    assert card["evaluation"]["tta"]["none"]["test"]["accuracy"] == pytest.approx(right)
    assert alone.name == "tiny-int8"
    assert alone.uncertain_below == plain["uncertain_below"]
    with pytest.raises(ModelError, match="use 'tiny' instead"):
        weights.keras_file("tiny-int8")


def test_the_8_bit_variant_is_made_again_without_its_training(
    shipped: Shipped,
    tiny_dataset: FerDataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ship_int8, "MOST_LOSS", 1.0)
    monkeypatch.setattr(ship_int8, "MOST_LIKELIHOOD_LOSS", 1.0)
    again = ship_int8_again("tiny", tiny_dataset, tmp_path)
    assert shipped.int8 is not None
    assert again.onnx.read_bytes() == shipped.int8.onnx.read_bytes()
    assert again.content == shipped.int8.content


def test_an_inaccurate_8_bit_variant_is_not_shipped(
    runs: list[Path],
    tiny_dataset: FerDataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ship_int8, "MOST_LOSS", -1.0)
    with pytest.raises(ModelError, match="expected at most"):
        ship(runs, "tiny", tiny_dataset, tmp_path, int8=True)
    assert list(tmp_path.iterdir()) == []


def test_evaluation_reproduces_the_card(shipped: Shipped, tiny_dataset: FerDataset) -> None:
    for tta in ("none", "ten"):
        metrics = evaluate("tiny", tiny_dataset, splits=("validation", "test", "train"), tta=tta)
        for split in ("validation", "test"):
            stated = shipped.content["evaluation"]["tta"][tta][split]
            assert metrics["splits"][split]["confusion_matrix"] == stated["confusion_matrix"]
            assert metrics["splits"][split]["nll"] == pytest.approx(stated["nll"])
        lines = compare_with_card(metrics, weights.model_card("tiny"), tiny_dataset)
        assert [line.split(" model card")[0] for line in lines] == [
            "validation: equals the",
            "test: equals the",
        ]
    assert metrics["model"]["name"] == "tiny"
    assert metrics["model"]["parameters"] == shipped.content["parameters"]


def test_differing_images_and_figures_are_reported(
    shipped: Shipped, tiny_dataset: FerDataset
) -> None:
    card = weights.model_card("tiny")
    metrics = evaluate("tiny", tiny_dataset)
    metrics["splits"]["test"]["accuracy"] += 1 / 14
    assert "by 1 image of 14" in compare_with_card(metrics, card, tiny_dataset)[0]
    metrics["splits"]["test"]["accuracy"] += 5 / 14
    assert "DIFFERS" in compare_with_card(metrics, card, tiny_dataset)[0]
    changed = tiny_dataset.select(np.arange(len(tiny_dataset) - 1))
    assert "other images" in compare_with_card(evaluate("tiny", changed), card, changed)[0]
    # An ensemble's card has no figures with ten views.
    assert compare_with_card({**metrics, "tta": "unknown"}, card, tiny_dataset) == []


def test_a_digest_depends_on_images_and_labels_but_not_on_order(tiny_dataset: FerDataset) -> None:
    order = np.random.default_rng(0).permutation(len(tiny_dataset))
    assert split_digest(tiny_dataset.select(order), "test") == split_digest(tiny_dataset, "test")
    assert split_digest(tiny_dataset, "train") != split_digest(tiny_dataset, "test")
    relabelled = tiny_dataset.select(np.arange(len(tiny_dataset)))
    relabelled.labels[relabelled.splits == 2] = 3
    assert split_digest(relabelled, "test") != split_digest(tiny_dataset, "test")


def test_without_keras_the_command_gives_the_figure(
    shipped: Shipped, tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    import lzma

    from ferkit.labels import SPLITS, USAGE_TO_SPLIT

    usages = {split: usage for usage, split in USAGE_TO_SPLIT.items()}
    rows = ["emotion,pixels,Usage"]
    for image, label, split in zip(
        tiny_dataset.images, tiny_dataset.labels, tiny_dataset.splits, strict=True
    ):
        pixels = " ".join(map(str, image.ravel().tolist()))
        rows.append(f"{label},{pixels},{usages[SPLITS[split]]}")
    table = tmp_path / "fer2013.csv.xz"
    table.write_bytes(lzma.compress("\n".join(rows).encode()))
    command = [sys.executable, "-c", WITHOUT, str(shipped.card.parent)]

    done = subprocess.run(
        [*command, "evaluate", "tiny", "--data", str(table)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    stated = shipped.content["evaluation"]["tta"]["none"]["test"]
    assert lines[0].split()[:2] == ["test", f"{stated['accuracy']:.2%}"]
    for measure in ("95 % interval", "clean", "macro F1", "ECE", "n 14"):
        assert measure in lines[0]
    assert lines[1].count("%") == 7
    assert lines[2] == f"test: equals the model card ({stated['accuracy']:.2%})"
    assert done.stderr.startswith("ferkit: ONNX Runtime ")

    listed = subprocess.run([*command, "models"], capture_output=True, text=True, check=True)
    assert "tiny" in listed.stdout
    assert 'pip install "ferkit[train]"' in listed.stdout
    drawn = subprocess.run(
        [*command, "evaluate", "tiny", "--data", str(table), "--out", str(tmp_path / "out")],
        capture_output=True,
        text=True,
    )
    assert drawn.returncode == 0, drawn.stderr
    assert drawn.stdout == done.stdout
    assert "ferkit: no pictures and no page: " in drawn.stderr
    assert 'pip install "ferkit[train]"' in drawn.stderr
    written = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert written["splits"]["test"]["accuracy"] == stated["accuracy"]


def test_the_models_command_lists_it(
    shipped: Shipped, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ferkit.models.registry.architectures", dict)  # none to build
    with pytest.raises(SystemExit):
        main(["models", "--json"])
    row, variant = json.loads(capsys.readouterr().out)["shipped"]
    assert (variant["name"], variant["parameters"]) == ("tiny-int8", row["parameters"])
    card = shipped.content
    assert (row["name"], row["macs"], row["bytes"]) == (
        "tiny",
        card["macs"],
        card["files"]["onnx"]["bytes"],
    )
    assert row["test_accuracy"] == card["evaluation"]["tta"]["none"]["test"]["accuracy"]


def test_runs_that_cannot_be_shipped_are_refused(
    runs: list[Path], tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="name consists of a-z"):
        ship(runs, "No Name", tiny_dataset, tmp_path)
    with pytest.raises(UsageError, match="at least one run folder"):
        ship([], "tiny", tiny_dataset, tmp_path)
    with pytest.raises(ModelError, match=r"not a finished run: it lacks config\.json"):
        ship([tmp_path], "tiny", tiny_dataset, tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    for file in runs[0].iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    write_json(other / "config.json", {**read_json(other / "config.json"), "epochs": 4})
    with pytest.raises(ModelError, match="differ in more than their seed: epochs"):
        ship([runs[0], other], "tiny", tiny_dataset, tmp_path)
    # A run of a version that knew fewer settings has their defaults; the folders of each seed's
    # cycles are its own.
    newer = {**read_json(runs[0] / "config.json"), "teacher": "", "start": "runs/a"}
    write_json(other / "config.json", {**newer, "averaged": ["a", "b"]})
    with pytest.raises(ModelError, match="more than their seed: averaged, start;"):
        ship([runs[0], other], "tiny", tiny_dataset, tmp_path)
    (other / ".ferkit-state").mkdir()
    with pytest.raises(ModelError, match="its training goes on"):
        read_run(other)


def test_all_trainings_behind_a_model_are_listed(runs: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    shutil.copytree(runs[0].parent, folder)
    assert "cycles" not in training(folder / "seed-0")
    config = read_json(folder / "seed-1" / "config.json")
    write_json(folder / "seed-1" / "config.json", {**config, "start": str(folder / "seed-0")})
    cycles = training(folder / "seed-1")["cycles"]
    assert [cycle["config"]["seed"] for cycle in cycles] == [0, 1]
    assert cycles[1]["config"]["start"] == "seed-0"
    shutil.copytree(folder / "seed-1", folder / "mean")
    averaged = {**config, "averaged": ["seed-1", "seed-0"]}
    write_json(folder / "mean" / "config.json", averaged)
    assert [c["config"]["seed"] for c in training(folder / "mean")["cycles"]] == [1, 0]
    shutil.rmtree(folder / "seed-0")
    with pytest.raises(ModelError, match="seed-0 is not a finished run"):
        training(folder / "mean")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("ferkit train nano --out /root/runs/nano", "ferkit train nano --out nano"),
        ("/data/fer2013.csv.xz", "fer2013.csv.xz"),
        ("a/b and 1/2", "a/b and 1/2"),
        ("https://example.org/page", "https://example.org/page"),
        ("--data=/x/y", "--data=y"),
    ],
)
def test_paths_of_a_machine_are_left_out(written: str, kept: str) -> None:
    assert without_paths([{"text": written}, 3]) == [{"text": kept}, 3]
