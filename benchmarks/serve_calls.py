"""Clients of a server: steady load, overload, hostile, slow, and a camera."""

from __future__ import annotations

import http.client
import json
import random
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

Address = tuple[str, int]


@dataclass
class Calls:
    """What callers saw.

    Attributes:
        seconds: How long they called.
        taken: Seconds of each call that was answered with 200.
        refused: Seconds of each call that was answered with 503.
        statuses: How many calls had which answer; 0 for a broken connection.
    """

    seconds: float = 0.0
    taken: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


def call_for(address: Address, body: bytes, clients: int, seconds: float) -> Calls:
    """Let clients send one photo after the other, each on a connection that it keeps; who is
    refused waits as long as he is asked to, and up to a second more.

    They share the processor with the server that they measure, so they send the same bytes each
    time and look at no more of the answer than its status and length.
    """
    calls, end = Calls(), time.perf_counter() + seconds
    head = f"POST /v1/recognize HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    request = head.encode() + body

    def client() -> None:
        time.sleep(random.random() * min(1, seconds / 10))
        connection = None
        while time.perf_counter() < end:
            start = time.perf_counter()
            try:
                connection = connection or socket.create_connection(address, 60)
                connection.sendall(request)
                status, headers = read_answer(connection)
            except OSError:
                status, headers = 0, {b"connection": b"close"}
            lasted = time.perf_counter() - start
            calls.statuses[status] += 1
            {200: calls.taken, 503: calls.refused}.get(status, []).append(lasted)
            if connection and headers.get(b"connection") == b"close":
                connection.close()
                connection = None
            if pause := float(headers.get(b"retry-after", 0)):
                time.sleep(pause + random.random())
        if connection:
            connection.close()

    start = time.perf_counter()
    run_all([client] * clients)
    calls.seconds = time.perf_counter() - start
    return calls


def read_answer(connection: socket.socket) -> tuple[int, dict[bytes, bytes]]:
    """Read one answer; return its status and its headers in lower case.

    Raises:
        ConnectionError: It is cut off.
    """
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += piece_of(connection)
    head, _, rest = answer.partition(b"\r\n\r\n")
    first, *lines = head.lower().split(b"\r\n")
    headers = dict(line.split(b": ", 1) for line in lines)
    missing = int(headers[b"content-length"]) - len(rest)
    while missing > 0:
        missing -= len(piece_of(connection))
    return int(first.split()[1]), headers


def piece_of(connection: socket.socket) -> bytes:
    """Return the next bytes of a connection that is to have some."""
    piece = connection.recv(65536)
    if not piece:
        raise ConnectionError
    return piece


def run_all(works: list[Callable[[], None]]) -> None:
    """Do all of them at once."""
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def send_hostile(address: Address, number: int) -> tuple[Counter[int], float]:
    """Send hostile bodies one by one; return the statuses and the longest time of one."""
    from hostile_bodies import hostile_bodies

    statuses: Counter[int] = Counter()
    longest = 0.0
    for i, (_, content, headers) in enumerate(hostile_bodies(number)):
        path = ("/v1/recognize", "/v1/faces", "/v1/videos")[i % 3]
        start = time.perf_counter()
        connection = http.client.HTTPConnection(*address, timeout=60)
        try:
            connection.request("POST", path, content, headers)
            answer = connection.getresponse()
            found = answer.read()
            statuses[answer.status] += 1
            if answer.status == 202:
                connection.request("DELETE", f"/v1/videos/{json.loads(found)['id']}")
                connection.getresponse().read()
        except OSError:
            statuses[0] += 1
        connection.close()
        longest = max(longest, time.perf_counter() - start)
    return statuses, longest


def hold_half_headers(address: Address, number: int) -> float:
    """Open connections whose header never ends; return the seconds until the last is closed."""
    start = time.perf_counter()
    connections = [socket.create_connection(address, 60) for _ in range(number)]
    for connection in connections:
        connection.sendall(b"POST /v1/recognize HTTP/1.1\r\nHost: localhost\r\nX: ")
    for connection in connections:
        try:
            while connection.recv(4096):
                pass
        except ConnectionResetError:
            pass
        connection.close()
    return time.perf_counter() - start


def send_frames(address: Address, body: bytes, seconds: float) -> list[float]:
    """Send frames as the page does, one at a time; return the delay of each."""
    from websockets.sync.client import connect

    delays, end = [], time.perf_counter() + seconds
    with connect(f"ws://{address[0]}:{address[1]}/v1/live", compression=None) as live:
        while (start := time.perf_counter()) < end:
            live.send(body)
            assert json.loads(live.recv())["error"] is None
            delays.append(time.perf_counter() - start)
    return delays
