"""Run code in a process that the kernel ends as soon as it turns to an address of the internet."""

from __future__ import annotations

import ctypes
import platform
import struct
import sys
import time
from collections.abc import Callable
from itertools import groupby

# Between two commands of one process.
THEN = "--then"

# Linux's system calls and the constants of their filters (seccomp(2)).
_MACHINES = {
    "x86_64": (0xC000003E, {"connect": 42, "sendto": 44}),
    "aarch64": (0xC00000B7, {"connect": 203, "sendto": 206}),
}
_LENGTH_ARGUMENT = {"connect": 2, "sendto": 5}
_INTERNET_ADDRESSES = (16, 28)  # sizeof(sockaddr_in), sizeof(sockaddr_in6)
_KILL, _ALLOW = 0x80000000, 0x7FFF0000
_LOAD, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _MODE_FILTER = 38, 22, 2


def supported() -> bool:
    """Return whether this machine supports it."""
    return sys.platform == "linux" and platform.machine() in _MACHINES


def forbid_network() -> None:
    """End this process, with SIGSYS, when any of its threads connects or sends to an internet
    address; its children inherit that.

    A look-up of a name connects as well, to the name server. Local sockets have addresses of other
    lengths and stay allowed.
    """
    filters = (ctypes.c_char * len(_program())).from_buffer_copy(_program())
    count = len(filters) // 8
    program = struct.pack("HxxxxxxP", count, ctypes.addressof(filters))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.prctl(
        _SET_SECCOMP, _MODE_FILTER, ctypes.c_char_p(program)
    ):
        raise OSError(ctypes.get_errno(), "the kernel takes no filter")


def _program() -> bytes:
    """Return the filter as BPF instructions of 8 bytes."""
    architecture, calls = _MACHINES[platform.machine()]
    steps = [(_LOAD, 0, 0, 4), (_IF_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _KILL)]
    for name, number in calls.items():
        length = 16 + 8 * _LENGTH_ARGUMENT[name]  # its place in the kernel's record of the call
        steps += [
            (_LOAD, 0, 0, 0),
            (_IF_EQUAL, 0, 4, number),
            (_LOAD, 0, 0, length),
            (_IF_EQUAL, 1, 0, _INTERNET_ADDRESSES[0]),
            (_IF_EQUAL, 0, 1, _INTERNET_ADDRESSES[1]),
            (_RETURN, 0, 0, _KILL),
        ]
    steps.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def main() -> None:
    """Run `ferkit`, which knows the network `tiny` as well, with the arguments after the number of
    seconds that the process is to live, and once more with those after each `THEN`.
    """
    seconds, end = float(sys.argv[1]), time.monotonic()
    forbid_network()
    from small_pictures import draw_small
    from tiny_net import register_tiny

    from ferkit.cli.main import main as ferkit

    draw_small()
    register_tiny()
    try:
        for between, command in groupby(sys.argv[2:], THEN.__eq__):
            if not between:
                _succeed(ferkit, list(command))
    finally:
        time.sleep(max(0.0, end + seconds - time.monotonic()))


def _succeed(ferkit: Callable[[list[str]], None], command: list[str]) -> None:
    """Run a command, which ends the process unless it succeeds."""
    try:
        ferkit(command)
    except SystemExit as ended:
        if ended.code:
            raise


if __name__ == "__main__":
    main()
