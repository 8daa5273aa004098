"""Bytes are cut into blocks of whole lines."""

from app.api.estimates.lines import BLOCK, LineCutter


def blocks_of(longest, *chunks):
    cutter = LineCutter(longest)
    return [block for chunk in chunks for block in cutter.cut(chunk)], cutter.last()


def test_whole_lines_come_in_one_block():
    assert blocks_of(99, b"a\nb\nc\n") == ([b"a\nb\nc\n"], b"")


def test_what_is_left_of_a_line_waits_for_its_end():
    assert blocks_of(99, b"a\nb", b"c", b"\nd") == ([b"a\n", b"bc\n"], b"d")


def test_a_block_is_no_larger_than_its_bound_unless_a_line_is():
    line, long_line = b"x" * 99 + b"\n", b"y" * (2 * BLOCK) + b"\n"
    found, _ = blocks_of(4 * BLOCK, line * 200 + long_line + line)
    assert b"".join(found) == line * 200 + long_line + line
    assert all(len(block) <= BLOCK or block == long_line for block in found)


def test_lines_of_the_longest_length_pass_and_longer_ones_do_not():
    assert blocks_of(3, b"abc\nabcd\nab\n") == ([b"abc\n", None, b"ab\n"], b"")


def test_short_lines_are_not_taken_for_one_long_line():
    found, _ = blocks_of(10, b"abc\n" * 100)
    assert b"".join(found) == b"abc\n" * 100


def test_a_long_line_is_refused_once_however_slowly_it_comes():
    slowly = [b"x"] * 20 + [b"\n", b"a\n"]
    assert blocks_of(3, *slowly) == ([None, b"a\n"], b"")


def test_a_long_line_is_not_kept():
    cutter = LineCutter(3)
    assert list(cutter.cut(b"x" * 1000)) == [None]
    assert list(cutter.cut(b"x" * 1000)) == []
    assert cutter.last() == b""
