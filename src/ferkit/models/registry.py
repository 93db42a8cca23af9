"""Architectures by name: `create_model("cnn6")`, `list_models()`, and the decorator that
adds one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from ferkit.errors import ModelError, UsageError

if TYPE_CHECKING:
    import keras

Builder = Callable[..., "keras.Model"]


@dataclass(frozen=True)
class Architecture:
    """A registered architecture.

    Attributes:
        name: Its name for `create_model`.
        build: Creates the untrained Keras model.
        source: Where the architecture comes from, in one line.
    """

    name: str
    build: Builder
    source: str


_ARCHITECTURES: dict[str, Architecture] = {}


def register_model(name: str, *, source: str) -> Callable[[Builder], Builder]:
    """Register the decorated function as the builder of the architecture `name`.

    The builder takes `num_classes` and its own keyword options, and returns a Keras model from raw
    grey pixels 0..255, `(n, 48, 48, 1)`, to class probabilities, `(n, num_classes)`, with scaling
    as a layer inside.

    Raises:
        ModelError: The name is taken.
    """

    def register(build: Builder) -> Builder:
        if name in _ARCHITECTURES:
            raise ModelError(f"The architecture name '{name}' is taken; choose another one.")
        _ARCHITECTURES[name] = Architecture(name, build, source)
        return build

    return register


def architectures() -> dict[str, Architecture]:
    """Return all registered architectures by name; every file of `ferkit.models.architectures` is
    one.
    """
    from ferkit.models import architectures as package

    for module in iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
    return dict(sorted(_ARCHITECTURES.items()))


def list_models() -> list[str]:
    """Return the names that `create_model` accepts, sorted.

    Example:
        >>> "cnn6" in list_models()
        True
    """
    return list(architectures())


def require_architecture(name: str) -> Architecture:
    """Return the architecture of this name.

    Raises:
        ModelError: There is no such architecture.
    """
    known = architectures()
    if name not in known:
        raise ModelError(f"There is no model '{name}'; choose from {', '.join(known)}.")
    return known[name]


def create_model(name: str, **options: Any) -> keras.Model:
    """Return a new, untrained Keras model.

    Args:
        name: One of `list_models()`.
        **options: Options of the architecture. All have `num_classes`, which defaults to 7.

    Returns:
        A Keras model from raw grey pixels 0..255, `(n, 48, 48, 1)`, to probabilities, `float32`
        `(n, num_classes)`.

    Raises:
        ModelError: There is no architecture of this name.
        UsageError: The architecture has no such option.

    Example:
        >>> create_model("cnn4").count_params()
        6580999
    """
    architecture = require_architecture(name)
    from ferkit.backend.choosing import prepare_backend

    prepare_backend()
    try:
        return architecture.build(**options)
    except TypeError as error:
        if "unexpected keyword" not in str(error):
            raise
        option = str(error).rpartition(" ")[2]
        raise UsageError(f"The model '{name}' has no option {option}.") from error
