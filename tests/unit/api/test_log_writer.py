"""Lines on their way to a log that may be slow, full or gone."""

import os
import threading
import time

import pytest

from app.api.edge import log_writer
from app.api.edge.log_writer import LineWriter

FULL = "/dev/full"


@pytest.fixture
def pipe():
    ends = list(os.pipe())
    yield ends
    for end in ends:
        os.close(end)


def read_all(descriptor):
    with os.fdopen(os.dup(descriptor), "rb") as source:
        return source.read()


def test_lines_arrive_whole_and_in_order(pipe):
    ours, theirs = pipe[0], pipe.pop()
    writer, lines = LineWriter(theirs), [b"%d\n" % n for n in range(10_000)]
    found = []
    reader = threading.Thread(target=lambda: found.append(read_all(ours)))
    reader.start()
    for line in lines:
        writer.write(line)
    writer.close()
    os.close(theirs)
    reader.join()
    assert found == [b"".join(lines)]


def test_nobody_waits_for_a_log_that_is_not_read(pipe, monkeypatch):
    monkeypatch.setattr(log_writer, "CLOSE_SECONDS", 0.1)
    writer = LineWriter(pipe[1])
    started = time.monotonic()
    for _ in range(100_000):
        writer.write(b"x" * 99 + b"\n")
    writer.close()
    assert time.monotonic() - started < 30
    assert len(writer._waiting) <= log_writer.MOST_WAITING
    read_all_of_it = threading.Thread(target=lambda: read_all(pipe[0]))
    read_all_of_it.start()
    writer._thread.join()
    os.close(pipe.pop())
    read_all_of_it.join()


def test_a_log_that_is_full_loses_lines_and_says_how_many(caplog):
    with open(FULL, "wb") as full:  # noqa: PTH123  (a device, not a path)
        writer = LineWriter(full.fileno())
        for _ in range(3):
            writer.write(b"lost\n")
        writer.close()
        assert writer._dropped == 3


def test_the_next_line_after_lost_ones_counts_them(tmp_path, caplog):
    file = tmp_path / "log"
    target = os.open(file, os.O_CREAT | os.O_WRONLY)
    writer = LineWriter(target)
    writer._dropped = 3
    writer.write(b"kept\n")
    writer.close()
    os.close(target)
    assert file.read_bytes() == b"kept\n"
    assert "3 log lines were dropped" in caplog.text


def test_a_log_that_is_read_again_says_how_much_is_missing(pipe, monkeypatch, caplog):
    monkeypatch.setattr(log_writer, "MOST_WAITING", 500)
    ours, theirs = pipe[0], pipe.pop()
    writer, line = LineWriter(theirs), b"x" * 999 + b"\n"
    for _ in range(5_000):
        writer.write(line)
        time.sleep(0)
    found = []
    reader = threading.Thread(target=lambda: found.append(read_all(ours)))
    reader.start()
    writer.close()
    os.close(theirs)
    reader.join()
    (notice,) = [message for message in caplog.messages if "dropped" in message]
    missing = int(notice.split()[0])
    assert missing > 0
    assert found[0].count(b"\n") + missing == 5_000


def test_a_line_torn_in_two_is_ended_before_the_next(tmp_path, monkeypatch):
    file, calls = tmp_path / "log", []
    target = os.open(file, os.O_CREAT | os.O_WRONLY)
    real = os.write

    def write_three_then_fail(descriptor, text):
        calls.append(bytes(text))
        if len(calls) == 2:
            raise OSError
        return real(descriptor, text[:3] if len(calls) == 1 else text)

    monkeypatch.setattr(os, "write", write_three_then_fail)
    writer = LineWriter(target)
    assert not writer._put(b"first\n")
    assert writer._put(b"second\n")
    assert writer._put(b"third\n")
    writer.close()
    os.close(target)
    assert file.read_bytes() == b"fir\nsecond\nthird\n"
