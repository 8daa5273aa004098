"""Our own pages as files: `templates/*.html`, filled in with `string.Template`."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template

FOLDER = Path(__file__).parent / "templates"


class Markup(str):
    """Text that is already HTML."""

    __slots__ = ()


class Templates:
    """Fills in templates. Every value is escaped unless it is Markup."""

    def __init__(self, edition: str, folder: Path = FOLDER) -> None:
        self._edition = edition
        self._templates = {
            path.stem: Template(path.read_text(encoding="utf-8")) for path in folder.glob("*.html")
        }

    def piece(self, name: str, **values: str) -> Markup:
        """One template, filled in."""
        return Markup(self._templates[name].substitute(_escaped(values)))

    def page(self, name: str, *, root: str = "", **values: str) -> str:
        """A whole page. `root` leads from its folder to the service's own root.

        Addresses are relative, so that a page works under any host name and path prefix.
        """
        places = {"root": root, "static": f"{root}static/{self._edition}"}
        return self.piece(name, **places, **values, masthead=self.piece("masthead", **places))

    def reading_page(self, name: str, *, title: str, root: str = "", **values: str) -> str:
        """A page of text alone: the piece of that name in the common frame."""
        text = self.piece(name, root=root, title=title, **values)
        return self.page("reading", root=root, title=title, text=text)


def _escaped(values: dict[str, str]) -> dict[str, str]:
    return {
        name: value if isinstance(value, Markup) else escape(value)
        for name, value in values.items()
    }
