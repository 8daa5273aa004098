"""What was measured, kept: `bench/results.json`, and the tables in `docs/performance.md`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import beside, cds, cohort, many, records, single, transfer
from bench.machine import cpu_model, usable_cores, versions
from bench.tables import Table

if TYPE_CHECKING:
    from bench.machine import Pinning

RESULTS = Path(__file__).with_name("results.json")
PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
PARTS = (single, many, beside, records, transfer, *cohort.PARTS, cds)
COLUMNS = {part.TITLE: part.COLUMNS for part in PARTS}
BEGIN, END = "<!-- figures: written by `make bench` -->", "<!-- figures end -->"


def keep(tables: list[Table], pinning: Pinning) -> dict[str, Any]:
    """Write the results as data, and give them back. Tables that were not measured stay."""
    before = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    today = datetime.now(UTC).date().isoformat()
    dates = before.get("table_dates") or dict.fromkeys(
        before.get("tables", ()), before.get("measured_on")
    )
    measured = before.get("tables", {}) | {table.title: table.rows for table in tables}
    kept = {
        "measured_on": today,
        "machine": {"cores": len(usable_cores()), "cpu": cpu_model()},
        "pinning": pinning.told,
        "versions": versions(),
        "tables": {title: measured[title] for title in COLUMNS if title in measured},
        "table_dates": dates | {table.title: today for table in tables},
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
    told = [
        f"### {title}\n\n{_earlier(title, kept)}{Table(title, COLUMNS[title], rows).shown()}"
        for title, rows in kept["tables"].items()
    ]
    return "\n\n".join([opening, *told])


def _earlier(title: str, kept: dict[str, Any]) -> str:
    """When a table was measured, if that was another day than the last."""
    measured_on = kept.get("table_dates", {}).get(title, kept["measured_on"])
    return "" if measured_on == kept["measured_on"] else f"Measured on {measured_on}.\n\n"
