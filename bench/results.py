"""What was measured, kept: `bench/results.json`, and the tables in `docs/performance.md`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import beside, cohort, many, records, single, transfer
from bench.machine import cpu_model, usable_cores, versions
from bench.tables import Table

if TYPE_CHECKING:
    from bench.machine import Pinning

RESULTS = Path(__file__).with_name("results.json")
PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
PARTS = (single, many, beside, records, transfer, *cohort.PARTS)
COLUMNS = {part.TITLE: part.COLUMNS for part in PARTS}
BEGIN, END = "<!-- figures: written by `make bench` -->", "<!-- figures end -->"


def keep(tables: list[Table], pinning: Pinning) -> dict[str, Any]:
    """Write the results as data, and give them back."""
    kept = {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "machine": {"cores": len(usable_cores()), "cpu": cpu_model()},
        "pinning": pinning.told,
        "versions": versions(),
        "tables": {table.title: table.rows for table in tables},
    }
    RESULTS.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return kept


def write_page(kept: dict[str, Any]) -> None:
    """Put the tables between the page's marks; the prose around them stays as it is."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(between_marks(page, figures(kept)), encoding="utf-8")


def between_marks(page: str, text: str) -> str:
    """The page with the text between its marks. Raises ValueError if the marks are not there."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page needs the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def figures(kept: dict[str, Any]) -> str:
    """All that was kept in Markdown: where, when, with what, and the tables."""
    machine = kept["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in kept["versions"].items())
    opening = (
        f"Measured on {kept['measured_on']}, {machine['cores']} cores of {machine['cpu']}; "
        f"{kept['pinning']}.\n{packages}."
    )
    tables = [Table(title, COLUMNS[title], rows) for title, rows in kept["tables"].items()]
    return "\n\n".join([opening, *(f"### {table.title}\n\n{table.shown()}" for table in tables)])
