"""The audio track of a video, copied or encoded into another file."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import Any, Final

from ferkit.inference.video.libraries import load_av, open_input

# Codecs that browsers play in MP4, and of these the ones that FFmpeg accepts in .mov and .m4v
# ("ipod"). All others are encoded as AAC.
_COPIED: Final = ("aac", "flac", "mp3", "opus")
_COPIED_INTO: Final = {"mov": ("aac", "mp3"), "ipod": ("aac",)}
_MICROSECONDS: Final = 1_000_000


class AudioTrack:
    """Writes the audio of a file, if it has any that can be decoded, to an output, in step with
    the frames of the output.

    Args:
        path: The file with the audio.
        output: PyAV's output container, before its first packet.

    Raises:
        MissingDependencyError: PyAV is not installed.
        OSError: PyAV cannot read the file.
    """

    def __init__(self, path: str | os.PathLike[str], output: Any) -> None:
        self._av = load_av()
        self._output = output
        self._input = open_input(f"file:{os.fspath(path)}")
        self._start = (self._input.start_time or 0) / _MICROSECONDS
        self._waiting: Any = None
        # FFmpeg has no decoder for some sound; a film with nothing else is written without.
        known = [stream for stream in self._input.streams.audio if stream.codec_context]
        if not known:
            self._packets = _no_packets()
            return
        source = known[0]
        copied = _COPIED_INTO.get(output.format.name, _COPIED)
        if source.codec_context.codec.canonical_name in copied:
            self._stream = output.add_stream_from_template(source)
            self._packets = self._copied(source)
        else:
            layout = "mono" if source.channels == 1 else "stereo"
            self._stream = output.add_stream("aac", rate=source.rate or 48_000, layout=layout)
            self._packets = self._encoded(source, layout)

    def write_until(self, time_s: float) -> None:
        """Write all packets up to this time of the video."""
        while True:
            packet = self._waiting or next(self._packets, None)
            self._waiting = None
            if packet is None:
                return
            if packet.pts is not None and float(packet.pts * packet.time_base) > time_s:
                self._waiting = packet
                return
            self._output.mux(packet)

    def close(self) -> None:
        """Close the file with the audio."""
        self._packets.close()
        self._input.close()

    def _copied(self, source: Any) -> Generator[Any, None, None]:
        packets = self._whole(self._input.demux(source))
        for packet in packets:
            if packet.dts is None:
                continue
            offset = round(self._start / packet.time_base)
            packet.pts = (packet.dts if packet.pts is None else packet.pts) - offset
            packet.dts -= offset
            packet.stream = self._stream
            yield packet

    def _encoded(self, source: Any, layout: str) -> Generator[Any, None, None]:
        context = self._stream.codec_context
        resampler = self._av.AudioResampler(
            format="fltp", layout=layout, rate=context.sample_rate, frame_size=context.frame_size
        )
        for frame in self._whole(self._input.decode(source)):
            if frame.pts is not None:
                frame.pts -= round(self._start / frame.time_base)
            for piece in resampler.resample(frame):
                yield from self._stream.encode(piece)
        for piece in resampler.resample(None):
            yield from self._stream.encode(piece)
        yield from self._stream.encode(None)

    def _whole(self, items: Iterator[Any]) -> Iterator[Any]:
        """Yield until the end, or until the first damaged part of the file."""
        while True:
            try:
                item = next(items)
            except (StopIteration, self._av.FFmpegError):
                return
            yield item


def _no_packets() -> Generator[Any, None, None]:
    yield from ()
