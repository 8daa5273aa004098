"""Sends many levels and reads the answers while it sends: `python -m bench.stream_client`.

Made to cost as little as Python can, so that the server is what limits: one buffer, read into again
and again, in which line ends are searched by the C library. It says what it used itself.
"""

from __future__ import annotations

import json
import os
import random
import resource
import select
import socket
import sys
import time
from dataclasses import dataclass, field

from bench.client import wait_for_the_word

BUFFER = 1_048_576
PATIENCE = 240.0
"""Seconds after which a stream has failed, whatever happened."""

TYPES = {"ndjson": "application/x-ndjson", "batch": "application/json", "list": "application/json"}


@dataclass(slots=True)
class LineCounter:
    """Counts the lines of a chunked answer; the line ends of its frames are CR LF."""

    lines: int = 0
    received: int = 0
    head: bytearray = field(default_factory=bytearray)
    tail: bytes = b""

    def add(self, buffer: bytearray, length: int) -> None:
        """Count what was read into the buffer. No answer holds a bare CR."""
        if len(self.head) < 12:
            self.head += buffer[:length]
        place = buffer.find(b"\n", 0, length)
        while place >= 0:
            before = buffer[place - 1] if place else self.tail[-1]
            self.lines += before != 13
            place = buffer.find(b"\n", place + 1, length)
        self.received += length
        self.tail = (self.tail + buffer[max(0, length - 8) : length])[-8:]

    def count(self) -> int:
        """The lines of an answer that began well and came to its end."""
        if not self.head.startswith(b"HTTP/1.1 200") or not self.tail.endswith(b"\r\n0\r\n\r\n"):
            message = f"the stream was not answered whole: {bytes(self.head[:60])!r} {self.tail!r}"
            raise RuntimeError(message)
        return self.lines


@dataclass(slots=True)
class BodyKeeper:
    """Keeps a JSON answer, whose items are counted when it is over."""

    received: int = 0
    kept: bytearray = field(default_factory=bytearray)

    def add(self, buffer: bytearray, length: int) -> None:
        """Keep what was read into the buffer."""
        self.kept += memoryview(buffer)[:length]
        self.received += length

    def count(self) -> int:
        """The items of an answer that began well, by the references that came back."""
        if not self.kept.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the batch was refused: {bytes(self.kept[:60])!r}")
        return self.kept.count(b'"ref":"p')


def some_items(count: int, seed: int) -> list[str]:
    """Levels around 2000 pg/mL, log-normal, all different, as items of a batch."""
    draw = random.Random(seed)  # noqa: S311  (nothing secret is drawn)
    form = '{"ref":"p%d","pnfh":{"value":%.5f,"unit":"pg/mL"}}'
    return [form % (i, draw.lognormvariate(7.6, 0.8)) for i in range(count)]


def body_of(kind: str, items: list[str]) -> bytes:
    """The items as lines of a stream, as a batch of ours, or as a plain list for the peer."""
    if kind == "ndjson":
        return "".join(f"{item}\n" for item in items).encode()
    form = '{"items":[%s],"detail":"summary"}' if kind == "batch" else "[%s]"
    return (form % ",".join(items)).encode()


def talk(
    port: int, path: str, kind: str, body: bytes, *, send_first: bool
) -> tuple[LineCounter | BodyKeeper, float]:
    """Send the body and read the answer until the server closes; the seconds it took."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n"
        f"content-type: {TYPES[kind]}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    seen: LineCounter | BodyKeeper = LineCounter() if kind == "ndjson" else BodyKeeper()
    buffer, rest = bytearray(BUFFER), memoryview(body)
    with socket.create_connection(("127.0.0.1", port)) as connection:
        started = time.perf_counter()
        connection.sendall(head.encode())
        connection.setblocking(False)
        waiting = select.poll()
        waiting.register(connection, select.POLLOUT | (0 if send_first else select.POLLIN))
        while time.perf_counter() < started + PATIENCE:
            [(_, event)] = waiting.poll(PATIENCE * 1000) or [(0, 0)]
            if event & select.POLLOUT and rest:
                rest = rest[connection.send(rest[:BUFFER]) :]
                if not rest:
                    waiting.modify(connection, select.POLLIN)
            if event & ~select.POLLOUT:
                length = connection.recv_into(buffer)
                if not length:
                    return seen, time.perf_counter() - started
                seen.add(buffer, length)
    raise TimeoutError(path)


def main(arguments: list[str]) -> None:
    """Send the same body as often as asked, when told to, and print what was seen as JSON."""
    path, kind, order = arguments[1:4]
    port, count, repeats = int(arguments[0]), int(arguments[4]), int(arguments[5])
    os.nice(5)  # whoever measures the delay of a light request beside this goes first
    body = body_of(kind, some_items(count, seed=count))
    wait_for_the_word()
    before = resource.getrusage(resource.RUSAGE_SELF)
    talks = [talk(port, path, kind, body, send_first=order == "first") for _ in range(repeats)]
    after = resource.getrusage(resource.RUSAGE_SELF)
    told = {
        "seconds": sum(seconds for _, seconds in talks),
        "bytes": sum(seen.received for seen, _ in talks),
        "count": sum(seen.count() for seen, _ in talks),
        "client_cpu_seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1:])
