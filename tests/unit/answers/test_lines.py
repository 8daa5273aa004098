"""A block of lines is answered by columns if all of it is usual, and else line by line."""

import pytest

from app.answers.answer import Answers, Manner
from app.answers.lines import LineWriter
from app.survival.estimate import Wishes
from tests.builders import MIROCALS

USUAL = b'{"ref":"a","pnfh":{"value":1500,"unit":"pg/mL"}}\n'


def seen(block):
    """Give the lines that were not answered by columns."""
    lines = []

    def note(line):
        lines.append(line)
        return b"!\n"

    writer = LineWriter(MIROCALS, Wishes(), Manner(detail="group"), Answers("0"), note)
    answered = writer.answer(block)
    assert answered.count(b"\n") == len([line for line in block.split(b"\n") if line.strip()])
    return lines


@pytest.mark.parametrize("block", [USUAL, USUAL * 3, USUAL + b"\n" + USUAL, b" " + USUAL])
def test_usual_lines_are_answered_by_columns(block):
    assert seen(block) == []


@pytest.mark.parametrize(
    "line",
    [
        b'{"ref":"a","pnfh":{"value":1500,"unit":"ng/L"}}',
        b'{"ref":"a","pnfh":{"value":1.5e3,"unit":"pg/mL"}}',
        b'{"ref":"a","pnfh":{"value":0.1234567,"unit":"pg/mL"}}',
        b'{"ref":"a","pnfh":{"value":-1,"unit":"pg/mL"}}',
        b'{"ref":"a","pnfh":{"value":0,"unit":"pg/mL"}}',
        b'{"ref":"a","pnfh":{"value":750,"unit":"pg/mL"}}',
        b'{"ref":"a","pnfh":{"value":3700.0,"unit":"pg/mL"}}',
        b'{"ref":"a","pnfh":{"value":1000000.1,"unit":"pg/mL"}}',
        b'{"ref":"a","pnfh":{"value":"1500","unit":"pg/mL"}}',
        b'{"ref":"a","pnfh":{"value":0015,"unit":"pg/mL"}}',
        b'{"ref":"a","pnfh":{"value":1500,"unit":"pg/mL","comparator":"<"}}',
        b'{"ref":"a","pnfh":{"value":1500,"value":9,"unit":"pg/mL"}}',
        b'{"ref":"a","ref":"b","pnfh":{"value":1500,"unit":"pg/mL"}}',
        b'{"ref":"a","pnfh":{"value":1500,"unit":"pg/mL"},"more":1}',
        b'{"ref":1,"pnfh":{"value":1500,"unit":"pg/mL"}}',
        b'{"ref":null,"pnfh":{"value":1500,"unit":"pg/mL"}}',
        b'{"pnfh":{"value":1500,"unit":"pg/mL"}}',
        b'{"ref":"\\u0061","pnfh":{"value":1500,"unit":"pg/mL"}}',
        '{"ref":"é","pnfh":{"value":1500,"unit":"pg/mL"}}'.encode(),
        b'{"ref":"%b","pnfh":{"value":1500,"unit":"pg/mL"}}' % (b"a" * 201),
        b'{"ref":"a","pnfh":{"value":1500,"unit":"pg/mL"}}{"ref":"b"}',
        b'["a"]',
        b"null",
        b"no json",
    ],
)
def test_one_unusual_line_has_its_block_answered_line_by_line(line):
    assert seen(USUAL + line + b"\n" + USUAL) != []


def test_an_unusual_line_is_seen_as_it_was_sent():
    assert seen(USUAL + b"no json\n") == [USUAL.strip(), b"no json"]


def test_levels_of_different_kinds_keep_their_order():
    levels = [1500, 600, 5000, 1500, 9000, 760]
    block = b"".join(USUAL.replace(b"1500", b"%d" % level) for level in levels)
    writer = LineWriter(MIROCALS, Wishes(), Manner(), Answers("0"), pytest.fail)
    answers = writer.answer(block).splitlines()
    given = [answer.split(b'"given":{"value":')[1].split(b",")[0] for answer in answers]
    assert given == [b"%d" % level for level in levels]
