"""Small files from the network: one address, one checksum, a bounded wait."""

from __future__ import annotations

import threading
from pathlib import Path

from ferkit.errors import DownloadError, FerkitError, OutputError


def fetch_file(
    url: str, sha256: str, path: Path, *, what: str, by_hand: str, seconds: float = 60.0
) -> Path:
    """Return `path`, fetched from `url` unless it is there and has the checksum already.

    A file whose checksum differs never gets its name, so a cut-off download leaves nothing.

    Args:
        url: Where it lies.
        sha256: Its SHA-256, in hexadecimal.
        path: Where it comes to lie; its folder is made.
        what: What a message calls it, such as "YuNet".
        by_hand: How a user can do without the download, as a clause without a full stop.
        seconds: Longest wait. Defaults to 60.0.

    Raises:
        DownloadError: It did not come in time, or what came is something else.
        OutputError: The folder cannot be written.
    """
    results: list[Path | FerkitError] = []

    def fetch() -> None:
        results.append(_fetch(url, sha256, path, what, by_hand, seconds))

    # In a thread, since a silent name server or a trickling line can take any time.
    thread = threading.Thread(target=fetch, daemon=True)
    thread.start()
    thread.join(seconds)
    if not results:
        raise DownloadError(f"{what} did not arrive within {seconds:g} s; {by_hand}.")
    if isinstance(results[0], FerkitError):
        raise results[0]
    return results[0]


def _fetch(
    url: str, sha256: str, path: Path, what: str, by_hand: str, seconds: float
) -> Path | FerkitError:
    """Return the fetched file or the one sentence that says why there is none."""
    import pooch
    import requests

    pooch.get_logger().setLevel("ERROR")
    downloader = pooch.HTTPDownloader(timeout=seconds)
    try:
        # pooch checks the sum before the file gets its name.
        found = pooch.retrieve(
            url, f"sha256:{sha256}", path.name, path.parent, downloader=downloader
        )
        return Path(found)
    except (requests.RequestException, ValueError) as error:
        wrong = isinstance(error, ValueError) and "hash" in str(error)
        reason = "what came has the wrong checksum" if wrong else type(error).__name__
        return DownloadError(f"{what} could not be fetched ({reason}); {by_hand}.")
    except OSError as error:
        return OutputError(
            f"Cannot write {path.parent} ({error.strerror or error}); "
            "choose another cache folder with FERKIT_CACHE."
        )
