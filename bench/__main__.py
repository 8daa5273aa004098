"""`python -m bench` measures all and keeps it; `--quick` takes a minute and keeps nothing.

`--only PART` measures one part; with `--keep` its tables take the place of those that were kept.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable

from bench.beside import measure_beside
from bench.cds import measure_cds
from bench.cohort import measure_cohort
from bench.effort import FULL, QUICK, Effort
from bench.machine import Pinning, choose_pinning
from bench.many import measure_many
from bench.records import measure_records
from bench.results import RESULTS, keep, write_page
from bench.single import measure_single
from bench.tables import Table
from bench.transfer import measure_transfer

PARTS: dict[str, Callable[[Effort, Pinning], Table | Iterable[Table]]] = {
    "single": measure_single,
    "many": measure_many,
    "beside": measure_beside,
    "records": measure_records,
    "transfer": measure_transfer,
    "cohort": measure_cohort,
    "cds": measure_cds,
}


def main() -> int:
    """Measure, show, keep. A target that was not met is a finding, and no failure."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute's glance; nothing is kept")
    parser.add_argument("--only", choices=PARTS, action="append", help="one part; nothing is kept")
    parser.add_argument("--keep", action="store_true", help="keep the parts beside the others")
    wished = parser.parse_args()
    started, pinning = time.monotonic(), choose_pinning()
    print(f"Measuring; {pinning.told}.", flush=True)
    tables: list[Table] = []
    for part in wished.only or PARTS:
        measured = PARTS[part](QUICK if wished.quick else FULL, pinning)
        for table in [measured] if isinstance(measured, Table) else measured:
            print(f"\n{table.title}\n\n{table.shown()}", flush=True)
            tables.append(table)
    print(f"\n{time.monotonic() - started:.0f} s in all")
    if not wished.quick and (wished.keep or not wished.only):
        kept = keep(tables, pinning)
        write_page(kept)
        print(f"kept in {RESULTS.name} and docs/performance.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
