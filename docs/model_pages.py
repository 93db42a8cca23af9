"""Write docs/models/*.md, the page of each shipped model, from the card beside its weights.

python docs/model_pages.py            write the pages
python docs/model_pages.py --check    fail if a page is not what the card says
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ferkit.files import write_text
from ferkit.runs.config import TrainConfig
from ferkit.runs.levers.lever import levers
from ferkit.weights import model_card, shipped_models

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from generated_pages import table  # noqa: E402
from model_notes import (  # noqa: E402
    CHOSEN,
    CHOSEN_WILD,
    DATA,
    FER2013_USE,
    FERPLUS,
    LAW,
    LIMITS,
    WILD_FERPLUS,
    WILD_LIMITS,
    WILD_USE,
)

NOTE = "<!-- Made by docs/model_pages.py from src/ferkit/weights; change those. -->\n"
TTA = {
    "none": "one pass",
    "flip": "and its mirror image",
    "ten": "ten views (mirrored, shifted)",
}

SPLITS = ("validation", "test")

# Settings that say how a model was trained; the card has the others too.
SETTINGS = (
    *(
        "recipe",
        "model",
        "start",
        "seed",
        "epochs",
        "batch_size",
        "optimizer",
        "learning_rate",
        "warmup_epochs",
    ),
    *("kernel_decay", "label_smoothing", "augment", "image_sizes", "votes_weight", "labels"),
    *("exclude_kinds", "precision"),
)


def main() -> None:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if out of date")
    check = parser.parse_args().check
    stale = stale_pages(HERE / "models")
    if check and stale:
        sys.exit(f"Out of date: {', '.join(sorted(stale))}; run python docs/model_pages.py.")
    for name in stale:
        text = pages().get(name)
        if text is None:
            (HERE / "models" / name).unlink()
        else:
            write_text(HERE / "models" / name, text)


def stale_pages(folder: Path) -> set[str]:
    """Return the names of pages that are missing, out of date or of no shipped model."""
    wanted = pages()
    found = {file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.md")}
    return {name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)}


def pages() -> dict[str, str]:
    """Return the text of every page by file name."""
    cards = [model_card(name) for name in shipped_models()]
    return {"index.md": index_page(cards), **{f"{c['name']}.md": model_page(c) for c in cards}}


def index_page(cards: list[dict[str, Any]]) -> str:
    """Return the overview of all models."""
    wild = [card for card in cards if "ferplus" in card]
    own = [card for card in cards if "ferplus" not in card]
    parts = [
        NOTE,
        "# Shipped models\n",
        "The package holds these models; they need no download and no Keras. A file that is not "
        "the measured one is refused by its SHA-256. Their names say whose labels they answer "
        "with, since people disagree about expressions, and one data set's people did so in a "
        "way of their own.\n",
        "## For photographs of your own: `-wild`\n",
        WILD_USE,
        wild_table(wild) if wild else "None so far.\n",
        "## For measuring on FER-2013: `-fer2013`\n",
        FER2013_USE,
        own_table(own) if own else "None so far.\n",
    ]
    if cards:
        names = "\n".join(card["name"] for card in cards)
        parts.append(f"```{{toctree}}\n:hidden:\n\n{names}\n```\n")
    return "\n".join(parts)


def wild_table(cards: list[dict[str, Any]]) -> str:
    """Return what the models for photographs reach, with the mirror image, as recognition asks."""
    rows = []
    for card in cards:
        photos = card["wild"]["views"]["flip"]
        votes = card["ferplus"]["tta"]["flip"]["test"]
        test = card["evaluation"]["tta"]["flip"]["test"]
        rows.append(
            [
                f"[{card['name']}]({card['name']}.md)",
                *size_cells(card),
                percent(photos["accuracy"]),
                percent(photos["balanced_accuracy"]),
                percent(photos["neutral_recall"]),
                percent(photos["ece"]),
                percent(votes["accuracy"]),
                percent(test["accuracy"]),
            ]
        )
    head = ["model", "MB", "parameters", "MMAC", "photographs", "balanced", "neutral", "ECE"]
    return table([*head, "FER+ test", "FER-2013 test"], rows)


def own_table(cards: list[dict[str, Any]]) -> str:
    """Return what the models for FER-2013's labels reach on its test split."""
    rows = []
    for card in cards:
        test = card["evaluation"]["tta"]["none"]["test"]
        ten = card["evaluation"]["tta"]["ten"]["test"]
        rows.append(
            [
                f"[{card['name']}]({card['name']}.md)",
                *size_cells(card),
                percent(test["accuracy"]),
                percent(test["clean_accuracy"]),
                percent(ten["accuracy"]),
                percent(test["macro_f1"]),
                percent(test["ece"]),
                "FER-2013, FER+" if card["training"]["extra_labels"] else "FER-2013",
            ]
        )
    head = ["model", "MB", "parameters", "MMAC", "test", "clean", "ten views", "macro F1", "ECE"]
    return table([*head, "learned from"], rows)


def model_page(card: dict[str, Any]) -> str:
    """Return the page of one model."""
    name = card["name"]
    parts = [
        NOTE,
        f"# {name}\n",
        introduction(card),
        "## Use\n",
        usage(card),
        *on_photographs(card),
        "## Results\n" if "ferplus" not in card else "## On FER-2013's own labels\n",
        results(card),
        "### By emotion\n",
        by_emotion(card),
        "### Confusion\n",
        confusion(card),
        "### Confidence\n",
        confidence(card),
        "## Training\n",
        training(card),
        "## Limits\n",
        f"- {rarest(card)}\n{WILD_LIMITS if 'ferplus' in card else ''}{LIMITS}",
        "## Law\n",
        LAW,
        "## Data and licence\n",
        DATA,
        *([WILD_FERPLUS if "ferplus" in card else FERPLUS] if extra_labels(card) else []),
        "## Files\n",
        files(card),
    ]
    return "\n".join(parts)


def extra_labels(card: dict[str, Any]) -> bool:
    """Say whether the model learned from more than FER-2013's own labels."""
    return bool(card["training"]["extra_labels"])


def on_photographs(card: dict[str, Any]) -> list[str]:
    """Tell what the model makes of photographs and, where it knows contempt, of FER+'s votes."""
    if "wild" not in card:
        return []
    wild = card["wild"]
    named = [
        *((f"{TTA[{'one': 'none'}.get(v, v)]}", found) for v, found in wild["views"].items()),
        *((f"mirror image, {text}", found) for text, found in wild["degraded"].items()),
    ]
    rows = [
        [
            what,
            with_interval(found, "accuracy"),
            percent(found["balanced_accuracy"]),
            percent(found["neutral_recall"]),
            percent(found["ece"]),
            uncertain(found["uncertain"]),
        ]
        for what, found in named
    ]
    head = ["pictures", "accuracy", "balanced", "neutral recall", "ECE", "uncertain"]
    parts = [
        "## On photographs\n",
        f"{wild['n']:,} news photographs of faces, labelled by students, through detector, crop "
        f"and network ({wild['photographs']}; in {wild['found']:,} a face was found, the others "
        f"were taken whole): {wild['use']}. Per cent. Disgust and fear are on 13 of them, so "
        "the balanced figure is a rough one. `detail=24` reduces a face to 24 pixels, `blur=0.7` "
        "blurs a face of 48 pixels by 0.7, `jpeg` is a quality, `light` a factor. The last column: "
        "the share that is called uncertain, and how many times as often that is wrong as the "
        f"rest.\n\n{table(head, rows)}",
    ]
    if "ferplus" in card:
        parts += ["## On the votes of FER+\n", votes_table(card)]
    return parts


def votes_table(card: dict[str, Any]) -> str:
    """Return the figures with FER+'s majority as the truth, eight classes."""
    rows = []
    for tta in ("none", "flip"):
        for split in SPLITS:
            entry = card["ferplus"]["tta"][tta][split]
            rows.append(
                [
                    split,
                    TTA[tta],
                    f"{entry['n']:,}",
                    with_interval(entry, "accuracy"),
                    percent(entry["balanced_accuracy"]),
                    percent(entry["ece"]),
                ]
            )
    return (
        "Images on which more than half of the votes agree (E. Barsoum et al., ICMI 2016), eight "
        "classes with contempt (`classes=8`).\n\n"
        + table(["split", "views", "images", "accuracy", "balanced", "ECE"], rows)
    )


def uncertain(found: dict[str, Any] | None) -> str:
    """Return the share that is marked, and how much oftener it is wrong."""
    if not found or not found["wrong"] or not found["wrong_of_rest"]:
        return "–"
    return f"{100 * found['share']:.0f} %, {found['wrong'] / found['wrong_of_rest']:.1f} ×"


def introduction(card: dict[str, Any]) -> str:
    """Say what the model is, in numbers."""
    onnx, parameters, macs = size_cells(card)
    emotions = ", ".join(card["emotions"])
    return (
        f"`{card['name']}` tells the apparent expression of a cropped face: {emotions}. "
        f"{parameters} parameters, {macs} "
        f"million multiply-accumulates a face, {onnx} MB; it runs on ONNX Runtime alone. Input: "
        "`(n, 48, 48, 1)` raw grey pixels 0..255, scaled inside the model. Output: calibrated "
        f"probabilities.{variant(card)}\n"
    )


def variant(card: dict[str, Any]) -> str:
    """Say what an 8-bit variant is a variant of."""
    model = card.get("variant_of")
    if model is None:
        return ""
    return (
        f"\n\nIt is [{model}]({model}.md) in 8-bit integers (static quantisation of weights, per "
        "channel, and of what runs "
        "between layers): smaller, and faster on CPUs with VNNI (see "
        f"[Benchmarks](../benchmarks.md)). To fine-tune or explain, name `{model}`."
    )


def usage(card: dict[str, Any]) -> str:
    """Show how to use the model."""
    name = card["name"]
    finetune = (
        f"ferkit finetune {name} --data my-faces --out runs/mine\n"
        if "keras" in card["files"]
        else ""
    )
    return (
        f"```sh\nferkit predict photo.jpg --model {name}\n"
        f"ferkit evaluate {name} --data fer2013.csv\n{finetune}```\n\n"
        "```python\n"
        "from ferkit.inference.classifier import EmotionClassifier\n\n"
        f'classifier = EmotionClassifier("{name}")\n'
        "probabilities = classifier.predict(crops)  # (n, 48, 48) grey, uint8\n```\n"
    )


def results(card: dict[str, Any]) -> str:
    """Return the table of accuracies, and that of the seeds."""
    rows = []
    for tta, words in TTA.items():
        for split in SPLITS:
            entry = card["evaluation"]["tta"][tta][split]
            rows.append(
                [
                    split,
                    words,
                    with_interval(entry, "accuracy"),
                    with_interval(entry, "clean_accuracy"),
                    percent(entry["macro_f1"]),
                    percent(entry["balanced_accuracy"]),
                    percent(entry["ece"]),
                ]
            )
    test = card["evaluation"]["tta"]["none"]["test"]
    clean = f", {test['clean_n']:,} of them clean" if test["clean_n"] is not None else ""
    head = ["split", "views", "accuracy", "clean", "macro F1", "balanced", "ECE"]
    return (
        f"{table(head, rows)}\nPer cent, with 95 % intervals (Wilson), of {test['n']:,} test "
        f"images{clean}. Clean images have "
        "no pixel-identical twin in the training split. "
        f"{CHOSEN_WILD if 'ferplus' in card else CHOSEN}\n\n" + seeds(card)
    )


def seeds(card: dict[str, Any]) -> str:
    """Return one row per seed, and their mean."""
    runs = card["seeds"]["runs"]
    shipped = card["training"]["config"]["seed"]
    kept = "shipped, before 8 bits" if "variant_of" in card else "shipped"
    rows = [
        [
            f"{run['seed']}{f' ({kept})' if run['seed'] == shipped and len(runs) > 1 else ''}",
            f"{run['epochs']} ({run['best_epoch'] or 'mean of cycles'})",
            percent(run["validation"]),
            percent(run["test"]),
            percent(run["test_clean"]),
            duration(run["training_seconds"]),
        ]
        for run in runs
    ]
    if len(runs) > 1:
        cells = [spread(card["seeds"][key]) for key in ("validation", "test", "test_clean")]
        rows.append(["mean ± standard deviation", "", *cells, ""])
    return table(["seed", "epochs (best)", "validation", "test", "clean", "training time"], rows)


def by_emotion(card: dict[str, Any]) -> str:
    """Return precision, recall and F1 of each emotion on test."""
    entry = card["evaluation"]["tta"]["none"]["test"]
    rows = [
        [
            emotion,
            *(percent(scores[k]) for k in ("recall", "precision", "f1")),
            f"{scores['support']:,}",
        ]
        for emotion, scores in entry["per_class"].items()
    ]
    return table(["emotion", "recall", "precision", "F1", "test images"], rows)


def confusion(card: dict[str, Any]) -> str:
    """Return the confusion matrix of the test split in per cent of each true emotion."""
    entry = card["evaluation"]["tta"]["none"]["test"]
    names = entry["emotions"]
    rows = []
    for i, (name, counts) in enumerate(zip(names, entry["confusion_matrix"], strict=True)):
        total = sum(counts)
        cells = [f"{100 * count / total:.0f}" if total else "–" for count in counts]
        cells[i] = f"**{cells[i]}**"
        rows.append([name, *cells])
    what = (
        "Per cent of each true emotion (rows) that was called each emotion (columns), test split."
    )
    return f"{what}\n\n{table(['', *names], rows)}"


def confidence(card: dict[str, Any]) -> str:
    """Tell of calibration and threshold."""
    if "ferplus" in card:
        return wild_confidence(card)
    figures = card["calibration"]
    keys = ("ece_before", "ece", "kept", "accuracy")
    rows = [[split, *(percent(figures[split][key]) for key in keys)] for split in SPLITS]
    below, undone = card["uncertain_below"], ""
    if card["smoothing"]:
        undone = f"a label smoothing of {card['smoothing']:g} is undone, and "
    head = ["split", "ECE before", "ECE", f"confidence ≥ {below:.2f}", "of those right"]
    return (
        f"Inside the file {undone}the logits are divided by {card['temperature']:.3f} (temperature "
        "scaling: C. Guo et al., ICML "
        "2017), so that a confidence of 80 % means right in about 80 of 100 cases; no answer "
        "changes by it. Below a "
        f"confidence of {below:.2f} ferkit calls an answer uncertain: the "
        f"{figures['rule']}.\n\n{table(head, rows)}"
    ).replace("80%", "80 %")


def wild_confidence(card: dict[str, Any]) -> str:
    """Tell of temperature and threshold of a model for photographs."""
    below, rule = card["uncertain_below"], card["calibration"]["rule"]
    return (
        f"Inside the file the logits are divided by {card['temperature']:.3f} (temperature "
        "scaling: C. Guo et al., ICML 2017), fitted on the photographs; no answer changes by it. "
        f"Below a confidence of {below:.2f} ferkit calls an answer uncertain: the {rule}. Against "
        "FER-2013's own labels, which disagree oftener, the same confidences are too high.\n"
    ).replace("90%", "90 %")


def training(card: dict[str, Any]) -> str:
    """Tell what the model was trained on, how, and where."""
    trained = card["training"]
    cycles = trained.get("cycles", [trained])
    configs = [cycle["config"] for cycle in cycles]
    rows = []
    for key in SETTINGS:
        lever = levers(TrainConfig)[key]
        values = [lever.text(lever.read(config.get(key))) for config in configs]
        if any(values):
            rows.append([f"`{key}`", *(value or "–" for value in values)])
    heads = ["value"] if len(cycles) == 1 else [f"cycle {i + 1}" for i in range(len(cycles))]
    counts = {split: sum(classes.values()) for split, classes in trained["data"]["counts"].items()}
    words = ", ".join(f"{n:,} in {split}" for split, n in counts.items())
    facts = [
        f"FER-2013 as the challenge split it: {words}. {excluded(trained['excluded'])}",
        *(cycle_facts(cycle, i + 1, len(cycles)) for i, cycle in enumerate(cycles)),
    ]
    if trained["config"].get("averaged"):
        facts.append(
            f"The weights are the mean of those of the {len(cycles)} cycles: "
            f"`{trained['environment']['command']}`"
        )
    return f"{table(['setting', *heads], rows)}\n" + "".join(f"- {fact}\n" for fact in facts)


def cycle_facts(cycle: dict[str, Any], number: int, of: int) -> str:
    """Tell epochs, machine, commit and command of one training."""
    environment = cycle["environment"]
    machine = environment.get("machine", {})
    begin = "" if of == 1 else f"Cycle {number}: "
    kept = f"of which number {cycle['best_epoch']} was the best on validation"
    text = f"{begin}{cycle['epochs']} epochs, {kept}"
    if environment.get("training_seconds"):
        text += f", {duration(environment['training_seconds'])}"
    if machine.get("processor"):
        text += f" on {environment['device']} ({machine['processor']}, {machine['cores']} cores)"
        text += f" in {environment['precision']}"
    if cycle.get("commit"):
        text += f", commit `{cycle['commit'][:12]}`"
    return f"{text}: `{environment.get('command')}`"


def excluded(found: dict[str, Any] | None) -> str:
    """Say what an audit left out of training."""
    if not found or not found["images"]:
        return "Nothing was left out of training."
    kinds = ", ".join(f"{n:,} {kind}" for kind, n in found["per_kind"].items() if n)
    return f"{found['images']:,} training images were left out, as an audit found ({kinds})."


def rarest(card: dict[str, Any]) -> str:
    """Say which emotion the model has seen least of."""
    counts = card["training"]["data"]["counts"]["train"]
    name = min(counts, key=counts.__getitem__)
    share = counts[name] / sum(counts.values())
    return (
        f"{name.capitalize()} is {share:.1%} of the training images ({counts[name]:,}): what the "
        "model says of it rests on little."
    ).replace("%", " %")


def files(card: dict[str, Any]) -> str:
    """Return names, sizes and hashes."""
    rows = [
        [f"`{file['name']}`", f"{file['bytes']:,}", f"`{file['sha256']}`"]
        for file in card["files"].values()
    ]
    parity = card["parity"]
    return (
        f"{table(['file', 'bytes', 'SHA-256'], rows)}\n"
        f"On {parity['n']:,} {parity['images']}, no probability of the ONNX file differs from that "
        f"of {parity['reference']} by more than "
        f"{parity['largest_difference']:.1g}; {percent(parity['accuracy_reference'])} % of the "
        "answers are right there, "
        f"{percent(parity['accuracy_exported'])} % here. "
        "`ferkit.weights.model_card` returns everything that this page tells, and more.\n"
    )


def size_cells(card: dict[str, Any]) -> list[str]:
    """Return megabytes, parameters and millions of multiply-accumulates."""
    megabytes = card["files"]["onnx"]["bytes"] / 1e6
    return [f"{megabytes:.2f}", f"{card['parameters']:,}", f"{card['macs'] / 1e6:.1f}"]


def with_interval(entry: dict[str, Any], key: str) -> str:
    """Return a share in per cent with its 95 % interval."""
    if entry[key] is None:
        return "–"
    low, high = entry[f"{key}_ci95"]
    return f"**{percent(entry[key])}** ({100 * low:.1f}–{100 * high:.1f})"


def percent(share: float | None) -> str:
    """Return a share as a number of per cent."""
    return "–" if share is None else f"{100 * share:.2f}"


def spread(summary: dict[str, Any]) -> str:
    """Return mean and standard deviation in per cent."""
    if summary["mean"] is None:
        return "–"
    deviation = "" if summary["sd"] is None else f" ± {100 * summary['sd']:.2f}"
    return f"{percent(summary['mean'])}{deviation}"


def duration(seconds: float | None) -> str:
    """Return a time in minutes."""
    return "–" if seconds is None else f"{seconds / 60:.0f} min"


if __name__ == "__main__":
    main()
