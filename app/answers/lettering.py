"""Anybody's text made fit to be drawn: in one line, in the letters of the font, not too long."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

UNKNOWN: Final = "\N{REPLACEMENT CHARACTER}"
ELLIPSIS: Final = "…"
SHORTEST: Final = 7
"""Characters of a piece that is not shortened any further."""

POINTS_PER_INCH: Final = 72
EM: Final = 100
FIXED_POINT: Final = 65536
"""FreeType tells a letter's unhinted width as a whole number of such parts of a pixel."""

_BREAKS: Final = frozenset("\t\n\r\v\f\x85\u2028\u2029")
_NEVER_SHOWN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})


def cleaned(text: str) -> str:
    """Give the text in one line, without what XML forbids or what turns its direction."""
    kept = (
        " " if letter in _BREAKS else letter
        for letter in unicodedata.normalize("NFC", text)
        if letter in _BREAKS or unicodedata.category(letter) not in _NEVER_SHOWN
    )
    return "".join(kept)


def lettered(text: str) -> str:
    """Give the text in letters that the font has; another letter becomes a replacement mark."""
    letters = _letters()
    return "".join(letter if ord(letter) in letters else UNKNOWN for letter in cleaned(text))


def shortened(text: str, longest: int) -> str:
    """Give at most so many characters of a text: its beginning and its end."""
    if len(text) <= longest:
        return text
    tail = (longest - 1) // 2
    return text[: longest - 1 - tail] + ELLIPSIS + text[len(text) - tail :]


def fitted(pieces: Sequence[str], inches: float, size: float, weight: str = "normal") -> str:
    """Join the pieces; the longest of them are shortened until the line fits.

    `size` is in points.
    """
    texts = [lettered(piece) for piece in pieces]
    lengths = [len(text) for text in texts]
    while (line := "".join(map(shortened, texts, lengths))) and max(lengths) > SHORTEST:
        if width_of(line, size, weight) <= inches:
            break
        longest = lengths.index(max(lengths))
        lengths[longest] -= max(1, lengths[longest] // 20)
    return line


def wrapped(text: str, inches: float, size: float, weight: str = "normal") -> list[str]:
    """Break a text into lines that fit; a word that is longer than a line is broken too."""
    lines = [""]
    for word in lettered(text).split(" "):
        longer = f"{lines[-1]} {word}".lstrip()
        if width_of(longer, size, weight) <= inches:
            lines[-1] = longer
        else:
            lines += _broken(word, inches, size, weight)
    return [line for line in lines if line]


def width_of(line: str, size: float, weight: str = "normal") -> float:
    """The width of a line in inches, at a size in points; kerning only makes it narrower."""
    return sum(_advance(letter, weight) for letter in line) * size / POINTS_PER_INCH


def _broken(word: str, inches: float, size: float, weight: str) -> list[str]:
    """Break a word where it must be: into pieces of which each fits."""
    if len(word) <= 1 or width_of(word, size, weight) <= inches:
        return [word]
    halves = word[: len(word) // 2], word[len(word) // 2 :]
    return [piece for half in halves for piece in _broken(half, inches, size, weight)]


@lru_cache(4096)
def _advance(letter: str, weight: str) -> float:
    """How far a letter moves the next one, as a share of the font's size."""
    font = _font(weight)
    font.set_size(EM, POINTS_PER_INCH)
    return float(font.load_char(ord(letter)).linearHoriAdvance) / FIXED_POINT / EM


@cache
def _letters() -> frozenset[int]:
    return frozenset(_font("normal").get_charmap())


def _font(weight: str) -> Any:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return get_font(findfont(FontProperties(weight=weight)))
