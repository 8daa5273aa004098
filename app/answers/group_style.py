"""How the groups of a picture are told apart: by colour, and by line or marker as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

Dashes: TypeAlias = str | tuple[float, tuple[float, ...]]

BLUE: Final = "#0072B2"
VERMILION: Final = "#D55E00"
"""Okabe and Ito's: told apart without colour vision, and neither good nor bad."""

COLOURS: Final = (BLUE, VERMILION, "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9")
"""All of their palette but yellow, which cannot be read on white."""

DASHES: Final[tuple[Dashes, ...]] = (
    "-",
    (0, (5, 1.5)),
    (0, (1.2, 1.2)),
    (0, (6, 1.5, 1.2, 1.5)),
    (0, (10, 2)),
    (0, (6, 1.5, 1.2, 1.5, 1.2, 1.5)),
)
MARKERS: Final = "os^DvPX<>ph*"
BOLD, FINE = 1.7, 1.0
"""Points; when every kind of line has been used once, they come again as fine lines."""

READABLE: Final = 4.5
"""The contrast with white that text needs (WCAG 2.2, 1.4.3)."""


@dataclass(frozen=True, slots=True)
class GroupStyle:
    """A colour for curves, a darker one for letters, a line and a marker to be told apart by."""

    colour: str
    ink: str
    dashes: Dashes
    width: float
    marker: str

    @property
    def stroke(self) -> dict[str, object]:
        """How a line of this group is drawn."""
        return {"color": self.colour, "linestyle": self.dashes, "linewidth": self.width}


def style_of(place: int) -> GroupStyle:
    """Give the style of the group in this place, counted from 0."""
    colour = COLOURS[place % len(COLOURS)]
    width = BOLD if place < len(DASHES) else FINE
    dashes, marker = DASHES[place % len(DASHES)], MARKERS[place % len(MARKERS)]
    return GroupStyle(colour, ink_of(colour), dashes, width, marker)


def ink_of(colour: str) -> str:
    """Darken a colour until letters in it can be read on white."""
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    while 1.05 / (_luminance(parts) + 0.05) < READABLE:
        parts = [int(part * 0.95) for part in parts]
    return "#" + "".join(f"{part:02x}" for part in parts)


def _luminance(parts: list[int]) -> float:
    """The relative luminance of a colour (WCAG 2.2), from 0 to 1."""
    shares = [part / 255 for part in parts]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
