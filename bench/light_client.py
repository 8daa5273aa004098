"""Asks one light question every 3 ms on a connection of its own: `python -m bench.light_client`.

A delay counts from the moment the question was due, so that a server that stood still for 30 ms
shows ten late answers and not one.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time

from bench.client import wait_for_the_word

EVERY = 0.003
PATIENCE = 300.0
QUESTION = b"GET /v1/stratum?pnfh=1500 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"


class LightConnection:
    """One connection, kept open."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.size = 0

    def ask(self) -> None:
        """Ask, and read the whole answer. All answers are equally long."""
        self.socket.sendall(QUESTION)
        answer = self.socket.recv(65_536)
        if not self.size:
            self.size = whole_size(answer)
        length = len(answer)
        while length < self.size:
            length += len(self.socket.recv(65_536)) or self.size
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the light question was refused: {answer[:60]!r}")


def whole_size(answer: bytes) -> int:
    """The bytes of an answer, by its `content-length`."""
    head, _, _ = answer.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return len(head) + 4 + int(value)
    raise RuntimeError("the answer does not say how long it is")


def delays(connection: LightConnection) -> list[float]:
    """Seconds from due to answered, until the standard input ends."""
    found: list[float] = []
    started = time.perf_counter()
    while (due := started + len(found) * EVERY) < started + PATIENCE:
        wait = max(0.0, due - time.perf_counter())
        if select.select([sys.stdin], [], [], wait)[0]:
            break
        connection.ask()
        found.append(time.perf_counter() - due)
    return found


def main(port: int) -> None:
    """Ask until told to end, and print the delays as JSON."""
    connection = LightConnection(port)
    for _ in range(20):
        connection.ask()
    wait_for_the_word()
    print(json.dumps({"delays": delays(connection)}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
