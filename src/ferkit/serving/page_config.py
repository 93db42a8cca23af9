"""`page.json`: constants that the page takes from Python, so that none is defined twice."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from ferkit.colors import emotion_colors
from ferkit.inference import crops
from ferkit.inference.detectors import detail
from ferkit.inference.detectors.builtin import yunet
from ferkit.inference.detectors.builtin.yunet import YuNetDetector
from ferkit.inference.video.ids import LOST_S
from ferkit.inference.video.smoothing import SMOOTH_S
from ferkit.labels import IMAGE_SIZE
from ferkit.version import __version__
from ferkit.weights import DEFAULT_MODEL

# Longer side, in pixels, at which a browser searches frames for faces. Detection takes most of the
# time there, and a camera has to be fast.
LIVE_SIDE: Final = 320
VIDEO_SIDE: Final = 640
# Largest file that a browser loads; larger models run on the server only.
BROWSER_BYTES: Final = 5_000_000


def page_config(
    models: Sequence[Mapping[str, Any]],
    shell: Sequence[str],
    *,
    runtime_url: str,
    detector_url: str,
    server: bool,
) -> dict[str, Any]:
    """Return the content of `page.json`.

    Args:
        models: The models to choose from, each as described by `page_model`.
        shell: The files that the page needs to start; an installed page caches them.
        runtime_url: Address of ONNX Runtime's WebAssembly.
        detector_url: Address of the face detector.
        server: Whether there is an API that the page can use.
    """
    # Models for photographs first, since most users need these.
    models = sorted(models, key=lambda model: not model["photographs"])
    return {
        "version": __version__,
        "server": server,
        "models": models,
        "default_model": _default_model(models),
        "runtime": {"url": runtime_url},
        "detector": {
            "url": detector_url,
            "threshold": yunet.THRESHOLD,
            "overlap": yunet.OVERLAP,
        },
        "crop_rules": {
            YuNetDetector.name: asdict(YuNetDetector.crop_rule),
            "none": asdict(crops.CropRule()),
        },
        "crop": {
            "size": IMAGE_SIZE,
            "upright_within": crops.UPRIGHT_WITHIN,
            "finer": crops.FINER,
            "larger": crops.LARGER,
        },
        "search": _search(),
        "smooth_s": SMOOTH_S,
        "lost_s": LOST_S,
        "colors": emotion_colors([name for model in models for name in model["known"]]),
        "shell": list(shell),
    }


def model_url(name: str) -> str:
    """Return the address of a shipped model's network, relative to the page."""
    return f"models/{name}.onnx"


def detector_url() -> str:
    """Return the address of the face detector, relative to the page."""
    return f"models/{YuNetDetector.file.name}"


def card_url(name: str) -> str:
    """Return the address of a model's card, relative to the page; the name may be any text."""
    plain = name.replace("-", "").replace("_", "").replace(".", "")
    if plain.isascii() and plain.isalnum():
        return f"models/{name}.json"
    return f"models/{hashlib.sha256(name.encode()).hexdigest()[:16]}.json"


def runs_in_browser(card: Mapping[str, Any]) -> bool:
    """Return whether a shipped model is small enough for a browser."""
    return int(card["files"]["onnx"]["bytes"]) <= BROWSER_BYTES


def _search() -> dict[str, Any]:
    sizes = asdict(YuNetDetector.search_sizes)
    sides = {"normal": sizes.pop("normal"), "high": sizes.pop("high")}
    probe_side = sizes.pop("probe")
    return sizes | {
        "sides": {"live": LIVE_SIDE, "video": VIDEO_SIDE, **sides},
        "probe_side": probe_side,
        "probed": detail.PROBED,
        "tile_face": detail.TILE_FACE,
        "shared": detail.SHARED,
        "near": detail.NEAR,
        "overlap": detail.OVERLAP,
        "inside": detail.INSIDE,
    }


def page_model(name: str, card: Mapping[str, Any], *, url: str | None) -> dict[str, Any]:
    """Return what the page needs to know about a model.

    Args:
        name: Name of the model in the API.
        card: Its card; for a file that is not shipped, `emotions` is enough.
        url: Address of its file, for the browser to run; None if only the server runs the model.
    """
    onnx = card.get("files", {}).get("onnx")
    extra = card.get("extra_classes", [])
    return {
        "name": name,
        "summary": _summary(card),
        "browser": url is not None,
        "url": url,
        "card": card_url(name),
        "bytes": onnx and onnx["bytes"],
        # The classes of the answer by default, and all classes of the network.
        "emotions": [emotion for emotion in card["emotions"] if emotion not in extra],
        "known": card["emotions"],
        "photographs": "ferplus" in card,
        "input_size": [IMAGE_SIZE] * 2,
        "uncertain_below": card.get("uncertain_below") or 0.0,
    }


def _summary(card: Mapping[str, Any]) -> str:
    """Return the line about a model in the list of models."""
    if "evaluation" not in card:
        return "a model of this server, not measured"
    test = card["evaluation"]["tta"]["none"]["test"]
    megabytes = card["files"]["onnx"]["bytes"] / 1e6
    bits = "8-bit, " if "variant_of" in card else ""
    where = f"{100 * test['accuracy']:.1f} % correct on FER-2013"
    if "ferplus" in card:
        photos = card["wild"]["views"]["flip"]
        where = f"{100 * photos['accuracy']:.1f} % correct on news photographs"
    return f"{where}; {bits}{megabytes:.1f} MB"


def _default_model(models: Sequence[Mapping[str, Any]]) -> str:
    """Return the smallest model with the classes of Python's default: a camera needs speed."""
    here = [model for model in models if model["browser"]]
    if not here:
        return str(models[0]["name"])
    wanted = next((m["known"] for m in models if m["name"] == DEFAULT_MODEL), here[0]["known"])
    alike = [model for model in here if model["known"] == wanted] or here
    return str(min(alike, key=lambda model: model["bytes"])["name"])
