"""`ship_int8_again`: create the 8-bit variant of a shipped model again."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from ferkit import weights as catalog
from ferkit.data.dataset import FerDataset
from ferkit.errors import UsageError
from ferkit.export.onnx.convert import write_onnx
from ferkit.export.shipping.int8 import int8_variant
from ferkit.export.shipping.ship import Shipped, put
from ferkit.export.shipping.wild import DECIDED_NOTHING, Album, finished
from ferkit.inference.onnx_session import METADATA_KEY
from ferkit.metrics.calibration import Calibration
from ferkit.models.checkpoint import load_model


def ship_int8_again(
    name: str,
    data: FerDataset,
    folder: str | os.PathLike[str],
    *,
    votes: FerDataset | None = None,
    photographs: str | os.PathLike[str] | None = None,
) -> Shipped:
    """Write `NAME-int8.onnx` and its card from the shipped `NAME.keras`, without a training.

    Args:
        name: A shipped model in float32.
        data: FER-2013: training images calibrate the ranges, and the other splits are evaluated.
        folder: Folder to write into, `src/ferkit/weights` in a checkout.
        votes: The same with the majority of FER+'s votes, for a model for photographs. Defaults to
            None.
        photographs: Labelled photographs for `read_photographs`. They are required for a model for
            photographs; other cards have figures on them only if they are given. Defaults to None.

    Raises:
        UsageError: There is no such model, or a model for photographs is given without `votes` and
            `photographs`.
        ModelError: The loss due to 8-bit integers is too large.
        OutputError: The folder cannot be written.
    """
    card = catalog.model_card(name)
    wild = bool(card.get("views_inside"))
    if wild and (votes is None or photographs is None):
        raise UsageError(f"{name} is evaluated on FER+ and photographs; pass both.")
    model = load_model(catalog.keras_file(name))
    calibration = Calibration(card["temperature"], card["smoothing"])
    facts = _facts(catalog.onnx_file(name))
    with tempfile.TemporaryDirectory() as temporary:
        plain, raw = (Path(temporary) / f"{kind}.onnx" for kind in ("plain", "uncalibrated"))
        write_onnx(model, plain, facts, calibration)
        write_onnx(model, raw, facts)
        file, content = int8_variant(card, plain, raw, data, Path(temporary))
        content.pop("wild", None)  # the float model's
        if wild and votes is not None and photographs is not None:
            content = finished(content, file, votes, Album(photographs))
        elif photographs is not None:
            content["wild"] = Album(photographs).measure(file, DECIDED_NOTHING)
        return put(folder, {"onnx": file}, content)


def _facts(file: Path) -> dict[str, Any]:
    """Return the metadata of a file that ferkit wrote."""
    import onnx

    entries = {entry.key: entry.value for entry in onnx.load(file).metadata_props}
    return dict(json.loads(entries[METADATA_KEY]))
