"""A stream of lines: whatever arrives, in whatever pieces, each line has its answer."""

import asyncio
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.api.estimates import spool as spooling
from app.api.estimates.lines import BLOCK, LineCutter
from app.api.estimates.spool import Spool
from app.errors import InvalidInput
from app.schemas.strict_json import parse_json
from app.settings import Settings
from tests.api.by_hand import running

NDJSON = "application/x-ndjson"
LONGEST = 300

some_bytes = st.lists(st.sampled_from([b"a", b"bb", b"\n", b"\r\n", b"x" * 40, b"\n\n"])).map(
    b"".join
)
lengths = st.integers(1, 30) | st.just(BLOCK) | st.just(2 * BLOCK)


@st.composite
def pieces_of(draw, text):
    """Cut bytes anywhere."""
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    return [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def lines_of(cutter, pieces):
    """Read the lines that a cutter gives; None for each that is too long."""
    for piece in pieces:
        for block in cutter.cut(piece):
            if block is None:
                yield None
            else:
                assert block.endswith(b"\n")
                yield from block.split(b"\n")[:-1]
    yield cutter.last()


@given(st.data(), some_bytes, lengths)
def test_any_pieces_of_a_text_are_cut_into_its_lines(data, text, longest):
    pieces = data.draw(pieces_of(text))
    expected = [line if len(line) <= longest else None for line in text.split(b"\n")]
    if expected[-1] is None:
        expected.append(b"")  # it is refused before its end is seen
    assert list(lines_of(LineCutter(longest), pieces)) == expected


@given(st.integers(1, 400), st.integers(1, 3 * BLOCK))
def test_no_block_is_larger_than_it_need_be(width, longest):
    text = (b"x" * width + b"\n") * (3 * BLOCK // width)
    for block in LineCutter(longest).cut(text):
        assert block is None or len(block) <= max(BLOCK, width + 1)


def usual(ref, level):
    return b'{"ref":%b,"pnfh":{"value":%b,"unit":"pg/mL"}}' % (json.dumps(ref).encode(), level)


decimals = st.decimals("0.000001", "1000000", places=6, allow_nan=False)
cuts = b"750 3700 6000 749.999999 750.000001 3699.999999 3700.000001 6000.000001 1000000 1 0.000001"
odd = b"0 0.0 -1 1e3 1000000.000001 1e999 007 1. 00 123456789012 NaN null true 1500.0000001"
usual_levels = st.sampled_from(cuts.split()) | decimals.map(lambda x: format(x, "f").encode())
levels = usual_levels | st.sampled_from(odd.split())
refs = st.text(max_size=12) | st.sampled_from(["value", '"pnfh"', "\\", "r" * 200, "r" * 201, "é𝄞"])
plain_refs = st.from_regex(r"[a-z0-9-]{1,9}", fullmatch=True)
usual_lines = st.builds(usual, plain_refs, usual_levels)
odd_lines = st.builds(usual, refs, levels) | st.sampled_from(
    [
        b"", b" ", b"\t", b"{}", b"[]", b"null", b"1", b'"a"', b"{", b"}", b"\xff", b"\x00",
        b"\xef\xbb\xbf",
        b'{"ref":"a","pnfh":', b'{"value":1500,"unit":"pg/mL"}}',
        b'{"ref":"a","ref":"b","pnfh":{"value":1500,"unit":"pg/mL"}}',
        b'{"ref":"a","pnfh":{"value":1,"value":1500,"unit":"pg/mL"}}',
        b'{"ref":1,"pnfh":{"value":1500,"unit":"pg/mL"}}',
        b'{"ref":null,"pnfh":{"value":1500,"unit":"pg/mL"}}',
        b'{"pnfh":{"value":1500,"unit":"pg/mL"}}',
        b'{"ref":"a","pnfh":{"value":1.5,"unit":"ng/mL","specimen":"csf"}}',
        b'{"ref":"a","pnfh":{"value":1500,"unit":"pg/ml"}}',
        b'{"ref":"a","pnfh":{"value":800,"unit":"pg/mL","comparator":"<"}}',
        b'{"ref":"a","pnfh":{"value":1500,"unit":"pg/mL"},"patient":{"age":90}}',
        b' {"ref" : "a" , "pnfh" : {"unit":"pg/mL","value": 1500 } } ',
        b'{"ref":"a\tb","pnfh":{"value":1500,"unit":"pg/mL"}}',
        b'{"ref":"a\x7fb","pnfh":{"value":1500,"unit":"pg/mL"}}',
        b'{"ref":"\\u0061","pnfh":{"value":1500,"unit":"pg/mL"}}',
        b'{"ref":"\\ud800","pnfh":{"value":1500,"unit":"pg/mL"}}',
        usual("a", b"1500") + usual("b", b"1500"), usual("a", b"1500") + b" " + usual("b", b"700"),
        usual("a", b"1500") + b"\r" + usual("b", b"1500"), usual("a", b"1500") + b",",
        usual("a", b"1500").replace(b',"p', b',\n"p'), usual("a", b"1500").replace(b":{", b":\n{"),
        b"x" * LONGEST, b"x" * (LONGEST + 1), usual("a", b"1500") + b" " * 400,
    ]
)  # fmt: skip
mixed_lines = st.lists(usual_lines, max_size=30) | st.lists(usual_lines | odd_lines, max_size=12)


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    """Run two services that hear a body in just these pieces; each keeps its own."""
    chosen = Settings(data_dir=tmp_path_factory.mktemp("data"), max_line_bytes=LONGEST)
    with asyncio.Runner() as runner:
        services = [running(chosen), running(chosen)]
        asks = [runner.run(service.__aenter__()) for service in services]
        yield [
            lambda *asked, ask=ask, **headers: runner.run(
                ask(*asked, x_request_id="one", **headers)
            )
            for ask in asks
        ]
        for service in services:
            runner.run(service.__aexit__(None, None, None))


def refusal_of(line):
    """Tell why a line can be no item at all, if so."""
    if len(line) > LONGEST:
        return "too-large"
    try:
        parse_json(line)
    except InvalidInput:
        return "validation-error"
    return None


def one_by_one(call, lines):
    """Answer the lines as items of a JSON batch, which knows no columns."""
    expected = {place: refusal_of(line) for place, line in enumerate(lines)}
    items = [place for place, refusal in expected.items() if refusal is None]
    if items:
        body = b'{"items":[%b],"detail":"group"}' % b",".join(lines[place] for place in items)
        heard = call("/v1/estimates/batch", [body])
        assert heard.status == 200
        first, *others = heard.body[len('{"items":[') : -len("]}")].split(b',{"ref":')
        answers = [first, *(b'{"ref":' + other for other in others)]
        expected |= dict(zip(items, answers, strict=True))
    return list(expected.values())


@settings(max_examples=300)
@given(st.data(), mixed_lines, st.sampled_from([b"\n", b"\r\n", b"\n\n"]), st.booleans())
def test_every_line_is_answered_as_an_item_of_a_batch(calls, data, lines, end, is_ended):
    call, other = calls
    text = end.join(lines) + (end if is_ended and lines else b"")
    pieces = [piece for piece in data.draw(pieces_of(text)) if piece]
    heard = call("/v1/estimates/batch", pieces, "detail=group", content_type=NDJSON)
    assert (heard.status, heard.is_whole) == (200, True)
    asked = [line for line in text.split(b"\n") if line.strip()]
    *found, rest = heard.body.split(b"\n")
    assert rest == b""
    assert len(found) == len(asked)
    for got, expected in zip(found, one_by_one(other, asked), strict=True):
        if isinstance(expected, bytes):
            assert got == expected
        else:
            told = json.loads(got)
            assert (told["ref"], told["status"]) == (None, "error")
            assert told["problem"]["type"] == f"/problems/{expected}"


@pytest.fixture
def _tiny(monkeypatch):
    monkeypatch.setattr(spooling, "MEMORY", 16)
    monkeypatch.setattr(spooling, "PIECE", 7)


turns = st.lists(st.integers(0, 3), min_size=1, max_size=40)


@pytest.mark.usefixtures("_tiny")
@example([b"x" * 20] * 40, 60, [0], [1])
@given(st.lists(st.binary(min_size=1, max_size=20)), st.integers(1, 60), turns, turns)
def test_what_goes_into_a_spool_comes_out_whatever_the_turns(chunks, most, writes, reads):
    spool = Spool(most)
    largest = 0

    async def wait(turns, i):
        for _ in range(turns[i % len(turns)]):
            await asyncio.sleep(0)

    async def write():
        nonlocal largest
        for i, chunk in enumerate(chunks):
            await spool.put(chunk)
            largest = max(largest, spool._written_to)
            await wait(writes, i)
        spool.end()

    async def read():
        taken = []
        while piece := await spool.take():
            taken.append(piece)
            await wait(reads, len(taken))
        return b"".join(taken)

    async def both():
        return (await asyncio.wait_for(asyncio.gather(read(), write()), 10))[0]

    try:
        assert asyncio.run(both()) == b"".join(chunks)
        assert largest < most + 20
        assert spool._in_memory == 0
    finally:
        spool.close()
