"""The networks of an ensemble, with the facts about their trainings."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ferkit import weights as catalog
from ferkit.data.dataset import FerDataset
from ferkit.data.ferplus import FERPLUS_EMOTIONS
from ferkit.errors import DataError
from ferkit.evaluation.predictors import KerasPredictor
from ferkit.export.reference import in_float32
from ferkit.export.shipping.card import training
from ferkit.export.shipping.wild import combined
from ferkit.models.checkpoint import load_model, model_card
from ferkit.models.combine import combine_heads
from ferkit.runs.record import seed_row
from ferkit.training.votes_probe import with_fitted_votes

_FIGURES = ("validation", "test", "test_clean")


@dataclass(frozen=True, eq=False)
class Member:
    """A network of an ensemble.

    Attributes:
        name: Name of the member.
        predictor: The network in float32.
        training: The entry `training` of its card.
        figures: `{"validation", "test", "test_clean"}`: the accuracy on FER-2013's labels of the
            head that learned them.
    """

    name: str
    predictor: KerasPredictor
    training: dict[str, Any]
    figures: dict[str, float | None]

    def to_dict(self) -> dict[str, Any]:
        """Return the entry of the member in a card."""
        return {"name": self.name, **self.figures, "training": self.training}


def read_member(source: str | os.PathLike[str], *, share: float | None = None) -> Member:
    """Return the network of a shipped model, or of a finished run.

    Args:
        source: The model's name, or the run folder.
        share: Weight of the labels' head if the two heads of a run are combined, as in `ship_wild`.
            Defaults to None: only the head for labels.

    Raises:
        UsageError: There is no such model.
        ModelError: The run is not finished, or has no head for votes.
    """
    if catalog.is_shipped(str(source)):
        return _shipped(str(source))
    run = Path(source)
    if share is not None:
        model, emotions = combined(run, share)
    else:
        model, emotions = load_model(run), tuple(model_card(run)["emotions"])
    row = seed_row(run)
    figures = {key: row[key] for key in _FIGURES}
    return Member(run.name, _predictor(model, emotions), training(run), figures)


def probed_member(name: str, data: FerDataset, share: float) -> Member:
    """Return a shipped model for FER-2013's labels with a head that also knows the votes.

    Args:
        name: The model.
        data: FER-2013 with FER+'s votes, which the head is fitted to (`with_fitted_votes`).
        share: Weight of the labels' head, 0..1; the votes' head has the rest.

    Raises:
        UsageError: There is no such model.
        DataError: The data has no votes.
    """
    member = _shipped(name)
    train = data.split("train")
    if train.votes is None:
        raise DataError("Expected FER-2013 with votes; read it with ferplus=... .")
    own = member.predictor.model
    votes = with_fitted_votes(own, train.images, train.votes)
    names = (member.predictor.emotions, FERPLUS_EMOTIONS)
    both = combine_heads(own, votes, names, share=share)
    name = f"{name} with a head for votes"
    return replace(member, name=name, predictor=_predictor(both, FERPLUS_EMOTIONS))


def _shipped(name: str) -> Member:
    card = catalog.model_card(name)
    model = load_model(catalog.keras_file(name))
    seed = card["training"]["config"]["seed"]
    row = next(run for run in card["seeds"]["runs"] if run["seed"] == seed)
    figures = {key: row[key] for key in _FIGURES}
    return Member(name, _predictor(model, tuple(card["emotions"])), card["training"], figures)


def _predictor(model: Any, emotions: tuple[str, ...]) -> KerasPredictor:
    return KerasPredictor(in_float32(model), emotions)
