"""Many patients in and out as CSV, on PostgreSQL, beside the plain way to do it."""

from __future__ import annotations

import http.client
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median
from typing import TYPE_CHECKING, Self

from bench.postgres import postgres_databases
from bench.records import make_key
from bench.server import serve_ours, serve_peer
from bench.tables import Column, Table, Target

if TYPE_CHECKING:
    from bench.effort import Effort
    from bench.machine import Pinning
    from bench.server import Server

TITLE = "Imports and exports of CSV, on PostgreSQL"
COLUMNS = (
    Column("rows", "rows"),
    Column("per_second", "rows/s"),
    Column("cpu_us", "server CPU µs/row", 1),
    Column("growth_mb", "memory growth, MB"),
)
IMPORT_GOAL = Target("per_second", 30_000, "≥ 30,000 rows/s")
EXPORT_GOAL = Target("per_second", 200_000, "≥ 200,000 rows/s")
MEMORY_GOAL = Target("growth_mb", 300, "≤ 300 MB", at_most=True)
PLAIN_ROWS, ROWS = 20_000, 100_000
PIECE = 1 << 20
MB = 1 << 20
HEADER = (
    "identifier,sex,birth_year,onset_date,onset_site,el_escorial,alsfrs_r,svc_percent,arm,"
    "baseline_date,follow_up_days,vital_status,pnfh,pnfh_unit,pnfh_specimen,pnfh_date,x_crp,x_site\n"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one transfer came to."""

    seconds: float
    cpu_seconds: float
    growth: int


def measure_transfer(effort: Effort, pinning: Pinning) -> Table:
    """Import and export each size; every further round goes into a clinic of its own."""
    table = Table(TITLE, COLUMNS)
    with tempfile.TemporaryDirectory(prefix="neurostrata-bench-") as folder:
        with (
            postgres_databases("bare") as urls,
            serve_peer(
                "bench.peer_records:app", "/hello", pinning, BENCH_DATABASE_URL=urls["bare"]
            ) as bare,
        ):
            file = write_patients(Path(folder), PLAIN_ROWS)
            table.add(
                "plain import: a model and an object a row", row(PLAIN_ROWS, [send(bare, file, "")])
            )
            table.add("plain export", row(PLAIN_ROWS, [fetch(bare, "")]))
        _add_ours(table, Path(folder), effort, pinning)
    return table


def _add_ours(table: Table, folder: Path, effort: Effort, pinning: Pinning) -> None:
    rounds = min(effort.rounds, 3)
    small, large = write_patients(folder, ROWS), write_patients(folder, effort.most_patients)
    with postgres_databases("ours") as urls, serve_ours(pinning, urls["ours"]) as ours:
        keys = [make_key(urls["ours"], f"Clinic {number}") for number in range(rounds + 1)]
        imports = [send(ours, small, key) for key in keys[:rounds]]
        exports = [fetch(ours, key) for key in keys[:rounds]]
        table.add("import", row(ROWS, imports), (IMPORT_GOAL,))
        table.add("export", row(ROWS, exports), (EXPORT_GOAL,))
        most = effort.most_patients
        table.add("import of many", row(most, [send(ours, large, keys[rounds])]), (MEMORY_GOAL,))
        table.add(
            "export of many", row(most, [fetch(ours, keys[rounds])]), (EXPORT_GOAL, MEMORY_GOAL)
        )


def row(rows: int, seen: list[Seen]) -> dict[str, float]:
    """The medians of a case."""
    return {
        "rows": rows,
        "per_second": median(rows / one.seconds for one in seen),
        "cpu_us": median(one.cpu_seconds / rows * 1e6 for one in seen),
        "growth_mb": max(one.growth for one in seen) / MB,
    }


def write_patients(folder: Path, rows: int) -> Path:
    """A file of patients who are all different, the same on every machine."""
    random, file = Random(rows), folder / f"{rows}.csv"  # noqa: S311 (nothing secret)
    with file.open("w", encoding="utf-8") as out:
        out.write(HEADER)
        for number in range(rows):
            days, level = random.randrange(1, 1500), random.lognormvariate(7.4, 0.7)
            born = random.randrange(1940, 1990)
            out.write(
                f"P-{number:07d},{random.choice(('female', 'male'))},{born},"
                f"2021-{random.randrange(1, 13):02d}-{random.randrange(1, 29):02d},limb,probable,"
                f"{random.randrange(20, 49)},{random.uniform(60, 110):.1f},"
                f"{random.choice(('il2ld', 'placebo'))},2022-01-10,{days},"
                f"{random.choice(('alive', 'dead'))},{level:.1f},pg/mL,csf,2022-01-10,"
                f"{random.uniform(0, 9):.2f},site-{random.randrange(9)}\n"
            )
    return file


def send(server: Server, file: Path, key: str) -> Seen:
    """Import a file over HTTP."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    headers = {"content-type": "text/csv", "content-length": str(file.stat().st_size)}
    with file.open("rb") as body, Watch(server) as watch:
        connection.request("POST", "/v1/imports", body, headers | _held(key))
        answer = connection.getresponse()
        told = answer.read()
    if answer.status != 201:
        raise RuntimeError(f"the import was refused: {answer.status} {told[:300]!r}")
    return watch.seen()


def fetch(server: Server, key: str) -> Seen:
    """Export all patients over HTTP."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    with Watch(server) as watch:
        connection.request(
            "GET", "/v1/exports/patients", headers={"accept": "text/csv"} | _held(key)
        )
        answer = connection.getresponse()
        while answer.read(PIECE):
            pass
    if answer.status != 200:
        raise RuntimeError(f"the export was refused: {answer.status}")
    return watch.seen()


class Watch:
    """Watches a server's clock, processor time and memory while something is done."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.most = self.before = server.resident_bytes()
        self.is_over = threading.Event()
        self.watcher = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self.used, self.began = self.server.cpu_seconds(), time.perf_counter()
        self.watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self.began
        self.used = self.server.cpu_seconds() - self.used
        self.is_over.set()
        self.watcher.join()

    def seen(self) -> Seen:
        """What it came to."""
        return Seen(self.seconds, self.used, self.most - self.before)

    def _watch(self) -> None:
        while not self.is_over.wait(0.02):
            self.most = max(self.most, self.server.resident_bytes())


def _held(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} if key else {}
