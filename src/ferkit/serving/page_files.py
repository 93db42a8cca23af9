"""The files of the web page, for the server and for the static copy."""

from __future__ import annotations

import hashlib
import json
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from ferkit.errors import MissingDependencyError
from ferkit.inference.detectors.builtin.yunet import YuNetDetector
from ferkit.serving.page_config import (
    card_url,
    detector_url,
    model_url,
    page_config,
    page_model,
    runs_in_browser,
)
from ferkit.serving.page_networks import classifier_network, detector_network
from ferkit.weights import has_onnx_file, model_card, onnx_file, shipped_models

# `index.html` repeats it for web servers that set no headers.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; "
    "style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'none'"
)
PAGE_HEADERS: Final = {
    "Content-Security-Policy": f"{CONTENT_SECURITY_POLICY}; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

# ONNX Runtime for browsers, which `make page` fetches: its script, and its WebAssembly compressed
# with gzip.
RUNTIME_FILES: Final = ("ort.wasm.bundle.min.js", "ort-wasm-simd-threaded.wasm.gz")

_TYPES: Final = {
    ".gz": "application/gzip",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".onnx": "application/octet-stream",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True)
class PageFile:
    """One file of the page.

    Attributes:
        content_type: Value of the header `Content-Type`.
        content: The bytes, or the path of the file that holds them.
        immutable: Whether its address changes with its content (`?v=...`), so that browsers may
            cache it forever. Defaults to False.
    """

    content_type: str
    content: Path | bytes
    immutable: bool = False

    @property
    def version(self) -> str:
        """What the address of an immutable file ends in."""
        return f"?v={hashlib.sha256(self.read()).hexdigest()[:12]}"

    def read(self) -> bytes:
        """Return the bytes."""
        return self.content if isinstance(self.content, bytes) else self.content.read_bytes()


def page_files(
    *,
    models: Sequence[str] | None = None,
    served: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, PageFile]:
    """Return the files of the page by their path relative to the page, such as `js/main.js`.

    Args:
        models: Names of shipped models that run in the browser. Defaults to None: all that are
            small enough for a browser and come with ferkit.
        served: With an API, the cards of its models by their names there. The page offers these
            models, and the server runs those that are too large for a browser. Defaults to None:
            everything is computed in the browser.

    Raises:
        UsageError: One of these names is not a shipped model.
        DownloadError: The face detector cannot be downloaded.
        ModelError: The file of the face detector or of a model is broken.
        MissingDependencyError: This installation lacks ONNX Runtime for browsers.

    Example:
        >>> sorted(page_files(models=["nano-fer2013"]))[:2]  # doctest: +SKIP
        ['css/base.css', 'css/controls.css']
    """
    found = {path: _page_file(_folder() / path) for path in _paths(_folder())}
    _check_runtime(found)
    shell = sorted(path for path in found if not path.endswith(".gz"))
    runtime = f"vendor/{RUNTIME_FILES[1]}"
    found[runtime] = _page_file(_folder() / runtime, immutable=True)
    found[detector_url()] = _network(detector_network(YuNetDetector.file.path()))
    here = {name: model_card(name) for name in (shipped_models() if models is None else models)}
    if models is None or served is not None:
        # Nobody should wait for the download of models that are not in the wheel.
        here = {n: card for n, card in here.items() if runs_in_browser(card) and has_onnx_file(n)}
    for name in here:
        found[model_url(name)] = _network(classifier_network(onnx_file(name)))
    cards = here if served is None else served
    for name, card in cards.items():
        found[card_url(name)] = _json_file(card)
    urls = {name: model_url(name) + found[model_url(name)].version for name in here}
    config = page_config(
        [page_model(name, card, url=urls.get(name)) for name, card in cards.items()],
        shell,
        runtime_url=runtime + found[runtime].version,
        detector_url=detector_url() + found[detector_url()].version,
        server=served is not None,
    )
    found["page.json"] = _json_file(config)
    return found


def _paths(folder: Path) -> list[str]:
    paths = (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())
    return [path.as_posix() for path in paths if not path.name.startswith(".")]


def _page_file(path: Path, *, immutable: bool = False) -> PageFile:
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    return PageFile(kind or "application/octet-stream", path, immutable)


def _network(content: bytes) -> PageFile:
    return PageFile(_TYPES[".onnx"], content, immutable=True)


def _json_file(content: Any) -> PageFile:
    return PageFile(_TYPES[".json"], json.dumps(content, ensure_ascii=False).encode())


def _check_runtime(found: dict[str, PageFile]) -> None:
    missing = [name for name in RUNTIME_FILES if f"vendor/{name}" not in found]
    if missing:
        raise MissingDependencyError(
            f"The page needs ONNX Runtime for browsers, but {_folder() / 'vendor'} lacks "
            f"{missing[0]}; in a checkout, fetch it with: make page; otherwise install a wheel of "
            "ferkit."
        )


def _folder() -> Path:
    return Path(str(files("ferkit.serving"))) / "page"
