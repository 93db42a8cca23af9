"""Small files from the network: one address, one checksum, a bounded wait."""

from __future__ import annotations

import threading
from pathlib import Path

from ferkit.errors import DownloadError, FerkitError, OutputError


def fetch_file(
    url: str, sha256: str, path: Path, *, what: str, by_hand: str, seconds: float = 60.0
) -> Path:
    """Return `path`, downloaded from `url` unless it exists with the right checksum.

    A file with another checksum never gets its name, so an interrupted download leaves nothing.

    Args:
        url: Its address.
        sha256: Its SHA-256, in hexadecimal.
        path: Where to store it; its folder is created.
        what: Its name in messages, such as "YuNet".
        by_hand: What a user can do instead of the download, as a clause without a full stop.
        seconds: Longest wait. Defaults to 60.0.

    Raises:
        DownloadError: It did not arrive in time, or has another checksum.
        OutputError: The folder cannot be written.
    """
    results: list[Path | Exception] = []

    def fetch() -> None:
        try:
            results.append(_fetch(url, sha256, path, what, by_hand, seconds))
        except Exception as error:  # a defect, raised below, where the caller sees it
            results.append(error)

    # In a thread, because a silent name server or a slow connection can take any time.
    thread = threading.Thread(target=fetch, daemon=True)
    thread.start()
    thread.join(seconds)
    if not results:
        raise DownloadError(f"{what} did not arrive within {seconds:g} s; {by_hand}.")
    if isinstance(results[0], Exception):
        raise results[0]
    return results[0]


def _fetch(
    url: str, sha256: str, path: Path, what: str, by_hand: str, seconds: float
) -> Path | FerkitError:
    """Return the downloaded file, or one sentence that says why there is none.

    Raised here, it would keep the connection open.
    """
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
        reason = "the download has the wrong checksum" if wrong else type(error).__name__
        return DownloadError(f"{what} could not be fetched ({reason}); {by_hand}.")
    except OSError as error:
        return OutputError(
            f"Cannot write {path.parent} ({error.strerror or error}); "
            "choose another cache folder with FERKIT_CACHE."
        )
