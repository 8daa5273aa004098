"""A sheet to draw on: one pen for the whole process, and the same drawing in the same bytes.

matplotlib is imported when the first picture is asked for.
"""

from __future__ import annotations

from contextlib import contextmanager
from html import escape
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from app.answers.group_style import VERMILION, ink_of
from app.answers.lettering import cleaned, lettered, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH: Final = 8.27
EDGE, LEFT, RIGHT = 0.15, 1.0, 7.97
PLOT: Final = RIGHT - LEFT
HEAD, LINE = 0.45, 0.16
"""Inches: A4's width; where text begins, a plot begins, all ends; height of a title and a line."""

NOTICE_SIZE, SIZE, NOTE_SIZE = 8.5, 7.5, 7.0
"""Points: of what must be read first, of everything, and of what explains."""

DOTS_PER_INCH: Final = 144
TITLE, DESCRIPTION = "picture-title", "picture-description"

_pen = Lock()  # matplotlib's settings belong to the whole process


@contextmanager
def held_pen() -> Iterator[None]:
    """Draw alone and with the settings of the house, until the end of the `with` block."""
    import matplotlib as mpl

    with _pen, mpl.rc_context({"svg.hashsalt": "neurostrata", "svg.fonttype": "path"}):
        yield


def printed(figure: Any, kind: str, about: dict[str, str] | None = None) -> bytes:
    """Give the figure as `svg` or `png`, without a date. `about` is kept inside a PNG."""
    sheet = BytesIO()
    metadata = {"Date": None} if kind == "svg" else {"Software": None, **(about or {})}
    figure.savefig(sheet, format=kind, dpi=DOTS_PER_INCH, metadata=metadata)
    return sheet.getvalue()


class Sheet:
    """A page of A4's width on which places are stated in inches from its left and top edges."""

    def __init__(self, height: float) -> None:
        from matplotlib.figure import Figure

        self.height = height
        self.figure = Figure(figsize=(WIDTH, height))

    def axes(self, left: float, top: float, width: float, height: float) -> Any:
        """Give axes in this frame, open at the top and on the right."""
        bottom = self.height - top - height
        frame = (left / WIDTH, bottom / self.height, width / WIDTH, height / self.height)
        axes = self.figure.add_axes(frame)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=SIZE)
        return axes

    def write(self, left: float, top: float, text: str, **style: Any) -> None:
        """Write one line, centred vertically on `top`; anybody's text, never mathematics."""
        at = (left / WIDTH, 1 - top / self.height)
        look: dict[str, Any] = {"fontsize": SIZE, "va": "center_baseline"} | style
        self.figure.text(*at, lettered(text), parse_math=False, **look)

    def write_head(self, title: str, notices: list[str]) -> None:
        """Write the title and, below it, lines that must not be overlooked."""
        self.write(EDGE, HEAD / 2, title, fontsize=11, weight="bold")
        look = {"fontsize": NOTICE_SIZE, "weight": "bold", "color": ink_of(VERMILION)}
        self._write_lines(HEAD, notices, look)

    def write_notes(self, top: float, notes: list[str]) -> None:
        """Write lines that explain the picture."""
        self._write_lines(top, notes, {"fontsize": NOTE_SIZE})

    def stroke(self, lefts: tuple[float, ...], top: float, **style: Any) -> None:
        """Draw a horizontal line through these places, or a marker at each."""
        from matplotlib.lines import Line2D

        at = 1 - top / self.height
        places = [left / WIDTH for left in lefts], [at] * len(lefts)
        self.figure.add_artist(Line2D(*places, transform=self.figure.transFigure, **style))

    def printed(self, kind: str, title: str, sentences: list[str]) -> bytes:
        """Give the sheet as `svg` or `png`, with a title and sentences for who cannot see it."""
        title, told = cleaned(title), "\n".join(cleaned(sentence) for sentence in sentences)
        picture = printed(self.figure, kind, {"Title": title, "Description": told})
        return _told(picture, title, told) if kind == "svg" else picture

    def _write_lines(self, top: float, lines: list[str], look: dict[str, Any]) -> None:
        for place, line in enumerate(lines):
            self.write(EDGE, top + (place + 0.5) * LINE, line, **look)


def notice_lines(texts: list[str]) -> list[str]:
    """Break what must be read first into lines of the head."""
    whole = RIGHT - EDGE
    return [line for text in texts for line in wrapped(text, whole, NOTICE_SIZE, "bold")]


def head_height(notices: list[str]) -> float:
    """How far down the title and these lines reach, in inches."""
    return HEAD + (LINE * (len(notices) + 1) if notices else 0)


def note_lines(texts: list[str]) -> list[str]:
    """Break what explains the picture into lines."""
    return [line for text in texts for line in wrapped(text, RIGHT - EDGE, NOTE_SIZE)]


def _told(svg: bytes, title: str, told: str) -> bytes:
    """Put the text alternative where SVG 2 wants it (5.7): first of all inside the drawing."""
    before, opening, rest = svg.partition(b"<svg ")
    attributes, end, drawing = rest.partition(b">")
    role = f'role="img" aria-labelledby="{TITLE}" aria-describedby="{DESCRIPTION}" '
    alternative = (
        f'\n <title id="{TITLE}">{escape(title)}</title>'
        f'\n <desc id="{DESCRIPTION}">{escape(told)}</desc>'
    )
    parts = (before, opening, role.encode(), attributes, end, alternative.encode(), drawing)
    return b"".join(parts)
