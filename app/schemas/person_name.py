"""What looks like a person's name, among identifiers that are made of words.

Judged by looks alone: two words that stand together as JANE-DOE or JaneDoe do. A single word is not
judged: SMITH and LYON look alike. Nor is a word with a number, such as PARIS-0042.
"""

from __future__ import annotations

import re
from typing import Final

_MADE_OF: Final = """
arm case centre center clinic cohort control ctrl demo donor example group hospital lab pair
participant pat patient pilot placebo proband record registry run sample series site sibling study
subgroup subj subject test trial unit user visit volunteer baseline entry screening follow fup
north south east west central left right upper lower first second third
alpha beta gamma delta epsilon zeta eta theta kappa lambda omega sigma
one two three four five six seven eight nine ten eleven twelve zero
als mnd sla fals sals ftd csf pnfh nfl mirocals none id key code row
"""
CODE_WORDS: Final = frozenset(_MADE_OF.split())
"""Words that codes are made of: with one of these, two words are no name."""

_WORDS = r"[^\W\d_]+"
_LIST = re.compile(r".*[^\W\d_][\s,]+[^\W\d_].*")  # Doe, Jane
_BIRTH_YEAR = r"(?:[-._/]?(?:19\d\d|200\d))?"
_APART = re.compile(rf"({_WORDS})[-._/]({_WORDS}){_BIRTH_YEAR}")  # JANE-DOE, McDonald.Ian.1965
_CAPITALS = re.compile(rf"[A-Z][a-z]+(?:[-._/]?[A-Z][a-z]+)+{_BIRTH_YEAR}")  # JaneDoe, Ann-Lee.Roe
_CAPITALISED = re.compile(r"[A-Z][a-z]+")
_VOWELS = re.compile(r"[aeiouy]", re.IGNORECASE)

LONG: Final = 4
"""Letters that one of two words has, for them to be a name: LON-ABC is none."""


def looks_like_a_name(text: str) -> bool:
    """Whether the text looks like the name of a person."""
    if _LIST.fullmatch(text):
        return True
    if _CAPITALS.fullmatch(text):
        return _are_names(_CAPITALISED.findall(text))
    apart = _APART.fullmatch(text)
    return apart is not None and _are_names(apart.groups()) and any(map(_is_long, apart.groups()))


def _are_names(words: tuple[str, ...] | list[str]) -> bool:
    return all(len(word) > 1 and word.lower() not in CODE_WORDS for word in words)


def _is_long(word: str) -> bool:
    return len(word) >= LONG and _VOWELS.search(word) is not None
