"""Answers to many levels, in order, as lines: usual levels by columns, the others one by one."""

from __future__ import annotations

import re
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from app.answers.answer import AnswerKind, Answers, Manner
from app.answers.columns import ColumnReader, group_by_kind
from app.survival.estimate import Question, Wishes
from app.survival.level import HIGHEST, parse_level

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.answers.splice import Gap, Splice
    from app.survival.reading import ReadingKind
    from app.survival.study import Study

REF: Gap = ("ref",)
MEMBERS = (b'"ref"', b'"pnfh"', b'"value"', b'"unit"')
USUAL_NUMBERS = re.compile(rb"(?:[0-9]{1,9}(?:\.[0-9]{1,6})?,)+")
LONGEST_REF = 200


class _UsualLevel(msgspec.Struct, forbid_unknown_fields=True):
    value: msgspec.Raw
    unit: str


class _UsualItem(msgspec.Struct, forbid_unknown_fields=True):
    ref: msgspec.Raw
    pnfh: _UsualLevel


class LineWriter:
    """Answers blocks of NDJSON lines. `answer_one` gives the answer to any single line."""

    def __init__(
        self,
        study: Study,
        wishes: Wishes,
        manner: Manner,
        answers: Answers,
        answer_one: Callable[[bytes], bytes],
    ) -> None:
        self.study = study
        self.wishes = wishes
        self.manner = manner
        self.answers = answers
        self.answer_one = answer_one
        self.columns = ColumnReader(study)
        self.decoder = msgspec.json.Decoder(_UsualItem)
        self.splices: dict[ReadingKind, Splice] = {}

    def answer(self, block: bytes) -> bytes:
        """The answers to a block of whole lines, in order."""
        usual = self._usual_items(block)
        if usual is None:
            lines = block.split(b"\n")
            return b"".join(self.answer_one(line) for line in lines if line.strip())
        return self._by_columns(*usual)

    def _usual_items(self, block: bytes) -> tuple[list[bytes], list[bytes]] | None:
        """References and numbers, if the whole block is usual.

        Usual is: plain ASCII, each member exactly once, pg/mL, positive numbers of a few digits.
        msgspec takes the last of repeated members; counting the names shows that there are none.
        Each line is decoded by itself: many at once may hold two objects on one line.
        """
        if not block.isascii() or b"\\" in block or b"\x00" in block:
            return None
        try:
            items = list(map(self.decoder.decode, filter(bytes.strip, block.split(b"\n"))))
        except (msgspec.MsgspecError, ValueError):
            return None
        refs = [bytes(item.ref) for item in items]
        texts = [bytes(item.pnfh.value) for item in items]
        once = all(block.count(member) == len(items) for member in MEMBERS)
        if not once or not USUAL_NUMBERS.fullmatch(b",".join(texts) + b","):
            return None
        if {item.pnfh.unit for item in items} != {"pg/mL"} or not _are_texts(refs):
            return None
        return refs, texts

    def _by_columns(self, refs: list[bytes], texts: list[bytes]) -> bytes:
        values = np.array(list(map(float, texts)))
        if not self.columns.fits(values) or values.min() <= 0 or values.max() > float(HIGHEST):
            lines = zip(refs, texts, strict=True)
            form = b'{"ref":%b,"pnfh":{"value":%b,"unit":"pg/mL"}}'
            return b"".join(self.answer_one(form % line) for line in lines)
        found = self.columns.read(texts, values)
        found.values[REF] = refs
        parts: list[Sequence[bytes]] = [()] * len(refs)
        for kind, positions in group_by_kind(found.kinds).items():
            pick = itemgetter(*positions, positions[0])  # at least two, so that it gives a tuple
            splice = self._splice(kind, texts[positions[0]])
            columns = {gap: pick(found.values[gap]) for gap in splice.gaps}
            for position, filled in zip(positions, splice.fill_many(columns), strict=False):
                parts[position] = filled
        return b"".join(chain.from_iterable(parts))

    def _splice(self, kind: ReadingKind, example: bytes) -> Splice:
        splice = self.splices.get(kind)
        if splice is None:
            whole = AnswerKind(kind, self.wishes, False, False, False, "undetermined", self.manner)
            question = Question(parse_level(example.decode(), "pg/mL"), wishes=self.wishes)
            splice = self.answers.splice(whole, question, self.study).as_line(REF)
            self.splices[kind] = splice
        return splice


def _are_texts(refs: list[bytes]) -> bool:
    return all(ref[:1] == b'"' and len(ref) <= LONGEST_REF + 2 for ref in refs)
