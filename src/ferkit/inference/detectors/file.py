"""The file of a detector: given by the user, cached, or downloaded once and verified."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ferkit.errors import DownloadError, UsageError
from ferkit.fetching import fetch_file
from ferkit.files import cache_folder

# After a failure, `auto` does not try again for this long.
RETRY_AFTER_S: Final = 3600.0


@dataclass(frozen=True)
class DetectorFile:
    """A file that a detector needs and that is not part of the package.

    Attributes:
        title: Name of the detector in messages.
        name: The file's name in the cache.
        url: Its address.
        sha256: Its checksum, in hexadecimal.
        setting: Environment variable for the path of a copy.
        otherwise: What to do without it, as the end of a sentence. Defaults to "use the detector
            mtcnn".

    Example:
        >>> from ferkit.inference.detectors.builtin.yunet import YuNetDetector
        >>> YuNetDetector.file.setting
        'FERKIT_YUNET'
    """

    title: str
    name: str
    url: str
    sha256: str
    setting: str
    otherwise: str = "use the detector mtcnn"

    def path(self, *, wait: float = 60.0, retry: bool = True) -> Path:
        """Return the file: the one given by `setting`, the cached one, or a download.

        Args:
            wait: Seconds that the download may take. Defaults to 60.0.
            retry: Whether to try even if an attempt failed within the last hour. Defaults to True.

        Raises:
            UsageError: `setting` names no file.
            DownloadError: It cannot be downloaded, or has another checksum.
            OutputError: The cache folder cannot be written.
        """
        chosen = os.environ.get(self.setting, "").strip()
        if chosen:
            if not os.path.isfile(chosen):
                raise UsageError(
                    f"{self.setting} names {chosen}, which is not a file; repair or unset it."
                )
            return Path(chosen)
        folder = cache_folder() / "detectors"
        if self._is_whole(folder / self.name):
            return folder / self.name
        failure = folder / f"{self.name}.failed"
        if not retry and _age(failure) < RETRY_AFTER_S:
            raise DownloadError(
                f"{self.title} could not be fetched a while ago; {self._by_hand(folder)}."
            )
        try:
            path = fetch_file(
                self.url,
                self.sha256,
                folder / self.name,
                what=self.title,
                by_hand=self._by_hand(folder),
                seconds=wait,
            )
        except DownloadError:
            with suppress(OSError):
                folder.mkdir(parents=True, exist_ok=True)
                failure.touch()
            raise
        failure.unlink(missing_ok=True)
        return path

    def _by_hand(self, folder: Path) -> str:
        return (
            f"download {self.url} and put it at {folder / self.name} or name it with "
            f"{self.setting}, or {self.otherwise}"
        )

    def _is_whole(self, path: Path) -> bool:
        """Return whether the cached file is there and is the right one."""
        import hashlib

        try:
            return hashlib.sha256(path.read_bytes()).hexdigest() == self.sha256
        except OSError:
            return False


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return float("inf")
