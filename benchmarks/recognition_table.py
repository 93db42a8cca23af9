"""The tables of `recognition.py`: every median, and targets next to results."""

from __future__ import annotations

from statistics import median
from typing import Any

from ferkit.weights import OLD_NAMES


def full_table(rows: list[dict[str, Any]]) -> str:
    """Return the medians of all measures, and the short table."""
    about = {(row["what"], row["who"], row["measure"]): row for row in rows}
    lines = [
        "| benchmark | case | measure | median | rounds | commit | processor | CPU features |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for key, found in by_measure(rows).items():
        row = about[key]
        commit, processor, features = (
            row.get(name, "") for name in ("commit", "processor", "features")
        )
        lines.append(
            f"| {' | '.join(key)} | {median(found):.4g} | {len(found)} | {commit[:7]} "
            f"| {processor} | {features} |"
        )
    return "\n".join([*lines, "", short_table(rows)])


def by_measure(rows: list[dict[str, Any]]) -> dict[tuple[str, str, str], list[float]]:
    """Return the values of all rounds by what, who and measure."""
    values: dict[tuple[str, str, str], list[float]] = {}
    for row in rows:
        values.setdefault((row["what"], row["who"], row["measure"]), []).append(float(row["value"]))
    return values


def short_table(rows: list[dict[str, Any]]) -> str:
    """Return a Markdown table of the targets that can be judged by what was measured."""
    middle = {key: median(found) for key, found in by_measure(rows).items()}
    found: list[tuple[str, str, str]] = []
    rates = {key[1]: value for key, value in middle.items() if key[0] == "crops"}
    peers = [value for who, value in rates.items() if who.startswith("fer ")]
    for who, value in rates.items():
        if peers and not who.startswith("fer "):
            model = who.split()[0]
            what = f"crops, batch 64, {OLD_NAMES.get(model, model)} against fer's fastest way"
            found.append((what, ">= 5 x", f"{value / max(peers):.1f} x"))
    peer = middle.get(("photo", "fer MTCNN", "whole_s"))
    for what, who, measure in middle:
        if (what, measure) == ("photo", "whole_s") and who.startswith("ferkit "):
            whole, detect = middle[what, who, measure], middle[what, who, "detect_s"]
            model, share = who.split()[1], 100 * (whole / detect - 1)
            photo = f"photo with 5 faces, {OLD_NAMES.get(model, model)}"
            found.append((f"{photo}, against detection alone", "<= + 20 %", f"+ {share:.0f} %"))
            if peer:
                ratio = f"{peer / whole:.1f} x"
                faces = f"{middle['photo', 'fer MTCNN', 'faces']:.0f}"
                against = f"against fer with MTCNN, which finds {faces}"
                found.append((f"{photo}, {against}", ">= 9 x", ratio))
    for who, wanted in (("640x360 to CSV", 150), ("1280x720 annotated", 45)):
        rate = middle.get(("video", who, "frames/s"))
        if rate:
            found.append((f"video {who}", f">= {wanted} frames/s", f"{rate:.0f} frames/s"))
    one, two = (middle.get(("folder", f"{n} threads", "photos/s")) for n in (1, 2))
    if one and two:
        found.append(("folder, two threads against one", ">= 1.7 x", f"{two / one:.2f} x"))
    grown = [value for key, value in middle.items() if key[2] == "MB more at most"]
    if grown:
        found.append(
            ("memory over the long video, after warm-up", "<= 50 MB", f"{grown[0]:.0f} MB")
        )
    return "\n".join(
        [
            "| measurement | target | result |",
            "|---|---|---|",
            *(f"| {a} | {b} | {c} |" for a, b, c in found),
        ]
    )
