"""A camera on the network, which is reconnected when the stream breaks off."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import numpy as np

from ferkit.errors import UsageError, VideoError
from ferkit.inference.video.libraries import load_av, open_input

_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
# Seconds within which a connection, and then each packet, must arrive.
TIMEOUT_S: Final = 10.0
# A camera that delivers no frame for this long counts as disconnected.
PATIENCE_S: Final = 30.0
_LONGEST_WAIT_S: Final = 5.0

# Only network protocols, so that an address cannot reach the user's files. TCP, since UDP loses
# packets. HTTP reconnects and continues after an interruption.
OPTIONS: Final = {
    "protocol_whitelist": "http,https,httpproxy,tcp,tls,udp,rtp,rtsp,rtsps,rtmp,rtmps,crypto",
    "rtsp_transport": "tcp",
    "reconnect": "1",
    "reconnect_on_network_error": "1",
    "reconnect_delay_max": "5",
}


def is_address(source: object) -> bool:
    """Return whether a source is an address rather than a file.

    Example:
        >>> is_address("rtsp://10.0.0.7/live"), is_address("clip.mp4"), is_address("C:/clip.mp4")
        (True, False, False)
    """
    return isinstance(source, str) and _ADDRESS.match(source) is not None


def shown_address(address: str) -> str:
    """Return an address without user and password, for messages and rows.

    Raises:
        UsageError: It is malformed.

    Example:
        >>> shown_address("rtsp://admin:secret@10.0.0.7:554/live?x=1")
        'rtsp://10.0.0.7:554/live?x=1'
    """
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise UsageError(
            f"The address is malformed ({error}); give one such as rtsp://HOST/PATH."
        ) from error
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


class NetworkCamera:
    """A network camera for `LatestFrames`, which reconnects when the stream breaks off.

    Args:
        address: Address of the stream, such as `rtsp://user:password@10.0.0.7/live` or MJPEG over
            HTTP.
        timeout_s: Seconds that a connection and a packet may take. Defaults to 10.0.
        patience_s: Seconds without a frame after which the camera counts as disconnected. Defaults
            to 30.0.

    Raises:
        VideoError: The address cannot be opened, or there is no video.
        MissingDependencyError: PyAV is not installed.
    """

    def __init__(
        self, address: str, *, timeout_s: float = TIMEOUT_S, patience_s: float = PATIENCE_S
    ) -> None:
        self._av = load_av()
        self._address, self._timeout_s, self._patience_s = address, timeout_s, patience_s
        self.name = shown_address(address)
        self._container: Any = None
        self._frames: Iterator[Any] = iter(())
        try:
            self._connect()
        except (self._av.FFmpegError, OSError, IndexError) as error:
            reason = getattr(error, "strerror", None) or "no video stream"
            raise VideoError(
                f"{self.name} cannot be opened ({reason}); check the address, user and password, "
                "and whether the camera is on."
            ) from error

    def read(self) -> tuple[bool, np.ndarray | None]:
        """Wait for the next frame, `uint8` `(h, w, 3)` BGR; `(False, None)` if there is none."""
        last, wait = time.monotonic(), 0.25
        while True:
            try:
                frame = next(self._frames)
                image: np.ndarray = frame.to_ndarray(format="bgr24")
                return True, image
            except (self._av.FFmpegError, OSError, IndexError, StopIteration):
                self.release()
            if time.monotonic() - last + wait > self._patience_s:
                return False, None
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT_S)
            try:
                self._connect()
            except (self._av.FFmpegError, OSError, IndexError):
                continue

    def release(self) -> None:
        """Close the connection."""
        self._frames = iter(())
        if self._container is not None:
            self._container.close()
            self._container = None

    def _connect(self) -> None:
        limits = (self._timeout_s, self._timeout_s)
        self._container = open_input(self._address, options=dict(OPTIONS), timeout=limits)
        stream = self._container.streams.video[0]
        stream.thread_type = "AUTO"
        self._frames = self._container.decode(stream)
