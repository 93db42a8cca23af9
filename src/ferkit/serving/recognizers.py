"""The recognisers of a server: each created on first use, then shared by all threads."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from ferkit.errors import UsageError
from ferkit.inference.create import create_recognizer
from ferkit.inference.detectors import list_detectors
from ferkit.inference.detectors.detail import DETAILS
from ferkit.inference.recognizer import EmotionRecognizer
from ferkit.serving.query import PictureQuery
from ferkit.weights import present_name, shipped_models
from ferkit.weights.named import named_model

# Recognisers kept in addition to the default one; each takes some MB.
_MOST_KEPT = 12


class Recognizers:
    """Recognisers by model, detector and options.

    Args:
        models: Shipped names or `.onnx` files that requests may use; if empty, all shipped models.
        model: Model of requests that name none.
        detector: Detector of requests that name none.

    Attributes:
        models: The models by their names in the API.
        detectors: Names of the detectors.
        default_model: Name of the model of requests that name none.
        default_detector: Name of the detector of requests that name none.

    Raises:
        UsageError: There is no such model or detector, or two files have the same name.
    """

    def __init__(self, models: tuple[str, ...], model: str, detector: str) -> None:
        names = [*(models or shipped_models()), model]
        for name in names:
            if not named_model(name).runs_on_onnx:
                raise UsageError(
                    f"{name} is a Keras model, which is not served; export it first with: "
                    f"ferkit export {name}"
                )
        _check_apart({*models, model})
        self.models = {_public_name(name): name for name in names}
        self.detectors = tuple(list_detectors())
        self.default_model = _public_name(model)
        self.default_detector = detector
        # Kept, since each call asks for it several times, and making one takes long.
        self._key = lru_cache(_MOST_KEPT)(self._full)
        self._check(self.default_model, detector, "normal")
        self._made: dict[PictureQuery, EmotionRecognizer] = {}
        self._making = threading.Lock()

    def get(self, query: PictureQuery) -> EmotionRecognizer:
        """Return a recogniser; creating one takes some tenths of a second.

        Args:
            query: Model, detector, detail, classes and views; other parameters are ignored.

        Raises:
            UsageError: One of the names is unknown, or the model has no such number of classes.
            ModelError: The model's file is broken.
            DownloadError: The detector cannot be downloaded.
        """
        self.check(query)
        key = self._key(query)
        if (found := self._made.get(key)) is not None:
            return found
        with self._making:
            if key not in self._made:
                self._made[key] = self._make(key)
                # The default and the newest are kept, since queries can combine many options.
                others = [old for old in self._made if old != self._key(PictureQuery())]
                for old in others[:-_MOST_KEPT]:
                    del self._made[old]
            return self._made[key]

    @property
    def loaded(self) -> bool:
        """Whether a request with the default options can be answered at once."""
        return self._key(PictureQuery()) in self._made

    @property
    def shipped(self) -> list[str]:
        """Names of the models that come with ferkit."""
        return [name for name, model in self.models.items() if named_model(model).kind == "shipped"]

    def cards(self) -> list[dict[str, Any]]:
        """Return the name and the card of each model."""
        return [{"name": name, "card": self._card(name)} for name in self.models]

    def check(self, query: PictureQuery) -> None:
        """Check the names in a query without creating anything.

        Raises:
            UsageError: A name is unknown.
        """
        key = self._key(query)
        self._check(str(key.model), str(key.detector), key.detail)

    def _full(self, query: PictureQuery) -> PictureQuery:
        """Return a query with all defaults filled in, and nothing else."""
        name = query.model or self.default_model
        if name not in self.models:
            name = present_name(name)
        return PictureQuery(
            model=name,
            detector=query.detector or self.default_detector,
            detail=query.detail,
            classes=query.classes,
            views=query.views,
        )

    def _check(self, model: str, detector: str, detail: str) -> None:
        kinds = (
            ("model", model, tuple(self.models)),
            ("detector", detector, self.detectors),
            ("detail", detail, DETAILS),
        )
        for kind, name, known in kinds:
            if name not in known:
                raise UsageError(
                    f"There is no {kind} {name[:40]!r} here; choose from {', '.join(known)}."
                )

    def _make(self, key: PictureQuery) -> EmotionRecognizer:
        # One thread per picture, since the pool runs several pictures at once.
        return create_recognizer(
            self.models[str(key.model)],
            str(key.detector),
            detail=key.detail,
            threads=1,
            classes=key.classes,
            views=key.views,
        )

    def _card(self, name: str) -> dict[str, Any]:
        if card := named_model(self.models[name]).card:
            return dict(card)
        classifier = self.get(PictureQuery(model=name)).classifier
        return {"emotions": list(classifier.known), **classifier.card}


def _check_apart(names: Iterable[str]) -> None:
    files: dict[str, Path] = {}
    for name in sorted(names):
        path = Path(named_model(name).path or name).resolve()
        other = files.setdefault(_public_name(name), path)
        if other != path:
            raise UsageError(
                f"The models {other} and {path} have the same name for clients; rename one file."
            )


def _public_name(model: str) -> str:
    """Return a model's name in the API, without the server's folders."""
    return model.replace("\\", "/").rpartition("/")[2].removesuffix(".onnx")
