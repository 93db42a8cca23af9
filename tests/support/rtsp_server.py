"""A camera with RTSP (RFC 2326): H.264 in RTP packets within the TCP connection."""

from __future__ import annotations

import base64
import itertools
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

import numpy as np

from ferkit.inference.video.libraries import load_av

RATE = 50
_CLOCK = 90_000


def units_of(image: np.ndarray) -> list[bytes]:
    """Return the H.264 units (parameter sets and a key frame) that show one RGB picture."""
    av = load_av()
    encoder = av.CodecContext.create("libx264", "w")
    encoder.height, encoder.width = image.shape[:2]
    encoder.pix_fmt, encoder.time_base = "yuv420p", Fraction(1, RATE)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency"}
    frame = av.VideoFrame.from_ndarray(image, format="rgb24")
    content = b"".join(bytes(p) for p in [*encoder.encode(frame), *encoder.encode(None)])
    units = content.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return [unit for unit in units if unit and unit[0] & 31 in (5, 7, 8)]


class RtspCamera(StreamRequestHandler):
    """Answers the requests of a player, then plays the same picture `frames` times and disconnects.

    With `silent`, nothing comes after the last answer and the connection stays open; with `once`,
    only the first connection is answered.
    """

    units: tuple[bytes, ...] = ()
    frames = 30
    silent = False
    once = False
    connections = 0

    def handle(self) -> None:
        type(self).connections += 1
        if self.once and self.connections > 1:
            return
        while request := self._request():
            method, url, sequence = request
            self._answer(method, url, sequence)
            if method == "PLAY":
                break
        with suppress(OSError):
            if self.silent:
                self.rfile.read(1)
            for packet in self._packets():
                self.wfile.write(packet)

    def _request(self) -> tuple[str, str, str] | None:
        lines = [line.decode().strip() for line in iter(self.rfile.readline, b"\r\n") if line]
        if not lines:
            return None
        method, url, _ = lines[0].split()
        return method, url, next(line for line in lines if line.startswith("CSeq"))

    def _answer(self, method: str, url: str, sequence: str) -> None:
        head, body = ["RTSP/1.0 200 OK", sequence, "Session: 1"], ""
        if method == "OPTIONS":
            head.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")
        if method == "SETUP":
            head.append("Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
        if method == "DESCRIBE":
            sets = ",".join(base64.b64encode(unit).decode() for unit in self.units[:2])
            body = (
                "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
                f"a=rtpmap:96 H264/{_CLOCK}\r\na=control:{url}/video\r\n"
                f"a=fmtp:96 packetization-mode=1;sprop-parameter-sets={sets}\r\n"
            )
            head += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        self.wfile.write(("\r\n".join([*head, "", ""]) + body).encode())

    def _packets(self) -> Iterator[bytes]:
        numbers = itertools.count()
        for frame in range(self.frames):
            for unit in self.units:
                last = unit is self.units[-1]
                stamp = frame * _CLOCK // RATE
                head = struct.pack("!BBHII", 0x80, 96 | last << 7, next(numbers), stamp, 1)
                yield b"$\0" + struct.pack("!H", len(head + unit)) + head + unit
            time.sleep(1 / RATE)


@contextmanager
def rtsp_camera(image: np.ndarray) -> Iterator[tuple[str, type[RtspCamera]]]:
    """Yield the address of a camera that shows `image`, and the camera."""
    camera: Any = type("Handler", (RtspCamera,), {"units": tuple(units_of(image))})
    server = ThreadingTCPServer(("127.0.0.1", 0), camera)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"rtsp://127.0.0.1:{server.server_address[1]}/live", camera
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
