"""Recognition over HTTP and WebSocket: `create_app`, its settings, and a client.

Of ferkit's packages it uses only `ferkit.inference` and what that uses. Names are loaded on first
use, so that the client needs nothing but httpx.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ferkit.serving.app import create_app
    from ferkit.serving.client import Client
    from ferkit.serving.settings import ServeSettings

_HOMES = {
    "Client": "ferkit.serving.client",
    "ServeSettings": "ferkit.serving.settings",
    "create_app": "ferkit.serving.app",
}

__all__ = ["Client", "ServeSettings", "create_app"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'ferkit.serving' has no attribute {name!r}")
    try:
        value = getattr(import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("ferkit"):
            raise
        from ferkit.errors import MissingDependencyError

        raise MissingDependencyError.of(str(error.name), "Serving", "serve") from error
    globals()[name] = value
    return value
