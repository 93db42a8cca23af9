"""The results of a model, from its card: on photographs, on votes, on FER-2013's own labels."""

from __future__ import annotations

from typing import Any

from ferkit.export.cards.markdown import duration, percent, spread, table, with_interval
from ferkit.export.cards.notes import CHOSEN, CHOSEN_MEMBERS, CHOSEN_WILD

TTA = {
    "none": "one pass",
    "flip": "with mirror image",
    "ten": "ten views (mirrored, shifted)",
}
SPLITS = ("validation", "test")


def on_photographs(card: dict[str, Any]) -> list[str]:
    """Return the results on photographs and, if the model knows contempt, on FER+'s votes."""
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
        f"The whole pipeline of detector, crop and network on {wild['n']:,} news photographs of "
        f"faces, each labelled by one student ({wild['photographs']}); a face was found in "
        f"{wild['found']:,}, the others were classified as a whole. {use_of(wild)}\n",
        "All values are in per cent. Balanced: the mean recall of the emotions, a rough estimate, "
        "since disgust and fear are on only 13 photographs. ECE: the mean difference between "
        "confidence and accuracy. Uncertain: the share of faces that are marked so, and how many "
        "times as often they are wrong as the others. `detail=24` reduces a face to 24 pixels, "
        "`blur=0.7` blurs a face of 48 pixels with a standard deviation of 0.7, `jpeg` is a "
        f"quality, `light` a factor.\n\n{table(head, rows)}",
    ]
    if "ferplus" in card:
        parts += ["## On the votes of FER+\n", votes_table(card)]
    return parts


def use_of(wild: dict[str, Any]) -> str:
    """Say what was chosen on the photographs."""
    prefix, _, rest = wild["use"].partition("chosen on: ")
    if prefix:
        return "They were not used to choose anything."
    chosen = rest.replace("share of the heads", "weighting of the two heads")
    return f"Chosen on them, so that the figures are optimistic: {chosen}."


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
    """Return the share of uncertain faces, and how much more often they are wrong."""
    if not found or not found["wrong"] or not found["wrong_of_rest"]:
        return "–"
    return f"{100 * found['share']:.0f} %, {found['wrong'] / found['wrong_of_rest']:.1f} ×"


def results(card: dict[str, Any]) -> str:
    """Return the tables of accuracies and of seeds."""
    rows = []
    views = card["evaluation"]["tta"]
    for tta, words in ((key, words) for key, words in TTA.items() if key in views):
        for split in SPLITS:
            entry = views[tta][split]
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
        f"{table(head, rows)}\nIn per cent, with 95 % intervals (Wilson), on {test['n']:,} test "
        f"images{clean}. Clean images have "
        "no pixel-identical twin in the training split. "
        f"{chosen(card)}\n\n" + (members(card) if "members" in card else seeds(card))
    )


def chosen(card: dict[str, Any]) -> str:
    """Say which images decided what."""
    if "members" in card:
        return CHOSEN_MEMBERS
    if "ferplus" in card:
        return CHOSEN_WILD.format(share=f"{card['label_share']:g}")
    return CHOSEN


def members(card: dict[str, Any]) -> str:
    """Return one row for each member of an ensemble."""
    keys = ("validation", "test", "test_clean")
    rows = [
        [f"`{each['name']}`", *(percent(each[key]) for key in keys)] for each in card["members"]
    ]
    return table(["single member", "validation", "test", "clean"], rows)


def seeds(card: dict[str, Any]) -> str:
    """Return one row per seed, and their mean."""
    runs = card["seeds"]["runs"]
    shipped = card["training"]["config"]["seed"]
    kept = "shipped, before quantisation" if "variant_of" in card else "shipped"
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
    what = "Predicted emotions (columns) in per cent of each true emotion (rows), test split."
    return f"{what}\n\n{table(['', *names], rows)}"


def confidence(card: dict[str, Any]) -> str:
    """Describe calibration and threshold."""
    if "ferplus" in card:
        return wild_confidence(card)
    figures = card["calibration"]
    keys = ("ece_before", "ece", "kept", "accuracy")
    rows = [[split, *(percent(figures[split][key]) for key in keys)] for split in SPLITS]
    below, undone = card["uncertain_below"], ""
    if card["smoothing"]:
        undone = f"the effect of label smoothing of {card['smoothing']:g} is inverted, and "
    head = ["split", "ECE before", "ECE", f"confidence ≥ {below:.2f}", "accuracy of these"]
    return (
        f"In the file, {undone}the logits are divided by {card['temperature']:.3f} (temperature "
        "scaling: C. Guo et al., ICML "
        "2017), so that of faces with a confidence of 80 %, about 80 in 100 are classified "
        "correctly; predicted classes do not change. Faces with a confidence below "
        f"{below:.2f} are marked uncertain: the "
        f"{figures['rule']}.\n\n{table(head, rows)}"
    ).replace("80%", "80 %")


def wild_confidence(card: dict[str, Any]) -> str:
    """Describe temperature and threshold of a model for photographs."""
    below, rule = card["uncertain_below"], card["calibration"]["rule"]
    return (
        f"In the file, the logits are divided by {card['temperature']:.3f} (temperature scaling: "
        "C. Guo et al., ICML 2017), fitted on the photographs; predicted classes do not change. "
        f"Faces with a confidence below {below:.2f} are marked uncertain: the {rule}. Measured by "
        "FER-2013's own labels, which disagree more often, these confidences are too high.\n"
    ).replace("90%", "90 %")
