"""ferkit recognises facial expressions of emotion; it trains and evaluates classifiers for that."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ferkit.version import __version__

if TYPE_CHECKING:
    from ferkit.data.dataset import FerDataset
    from ferkit.data.load import load_fer2013
    from ferkit.displays.confusion import ConfusionMatrixDisplay
    from ferkit.displays.emotion_timeline import EmotionTimelineDisplay
    from ferkit.displays.reliability import ReliabilityDisplay
    from ferkit.displays.sample_grid import SampleGridDisplay
    from ferkit.displays.training_curves import TrainingCurvesDisplay
    from ferkit.errors import FerkitError
    from ferkit.evaluation.evaluate import evaluate
    from ferkit.inference.recognizer import EmotionRecognizer
    from ferkit.inference.records import make_record, record_schema
    from ferkit.inference.results import FaceEmotions
    from ferkit.inference.sinks.create import open_sink
    from ferkit.inference.sinks.sink import ResultSink
    from ferkit.labels import EMOTIONS
    from ferkit.models.registry import create_model, list_models
    from ferkit.runs.config import TrainConfig
    from ferkit.training.finetune import finetune
    from ferkit.training.train import train_and_evaluate

# The module of each public name, loaded on first use, so that `import ferkit` is fast.
_HOMES = {
    "EMOTIONS": "ferkit.labels",
    "ConfusionMatrixDisplay": "ferkit.displays.confusion",
    "EmotionRecognizer": "ferkit.inference.recognizer",
    "EmotionTimelineDisplay": "ferkit.displays.emotion_timeline",
    "FaceEmotions": "ferkit.inference.results",
    "FerDataset": "ferkit.data.dataset",
    "FerkitError": "ferkit.errors",
    "ReliabilityDisplay": "ferkit.displays.reliability",
    "ResultSink": "ferkit.inference.sinks.sink",
    "SampleGridDisplay": "ferkit.displays.sample_grid",
    "TrainConfig": "ferkit.runs.config",
    "TrainingCurvesDisplay": "ferkit.displays.training_curves",
    "create_model": "ferkit.models.registry",
    "evaluate": "ferkit.evaluation.evaluate",
    "finetune": "ferkit.training.finetune",
    "list_models": "ferkit.models.registry",
    "load_fer2013": "ferkit.data.load",
    "make_record": "ferkit.inference.records",
    "open_sink": "ferkit.inference.sinks.create",
    "record_schema": "ferkit.inference.records",
    "train_and_evaluate": "ferkit.training.train",
}

__all__ = [
    "EMOTIONS",
    "ConfusionMatrixDisplay",
    "EmotionRecognizer",
    "EmotionTimelineDisplay",
    "FaceEmotions",
    "FerDataset",
    "FerkitError",
    "ReliabilityDisplay",
    "ResultSink",
    "SampleGridDisplay",
    "TrainConfig",
    "TrainingCurvesDisplay",
    "__version__",
    "create_model",
    "evaluate",
    "finetune",
    "list_models",
    "load_fer2013",
    "make_record",
    "open_sink",
    "record_schema",
    "train_and_evaluate",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'ferkit' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
