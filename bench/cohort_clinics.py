"""Clinics full of simulated patients, imported through the service as a clinic would."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from bench.cohort_patients import simulate
from bench.records import make_key
from bench.transfer import send

if TYPE_CHECKING:
    from pathlib import Path

    from bench.server import Server


@dataclass(frozen=True, slots=True)
class Clinic:
    """A clinic in the database, and its patients' numbers in a file for the peers.

    `told` says in a table what its times are. `home` is the service's folder, where the key of its
    audit chain lies.
    """

    told: str
    rows: int
    url: str
    home: Path
    id: str
    key: str
    columns: Path
    whole_days: bool


def fill_clinic(server: Server, url: str, home: Path, rows: int, *, whole_days: bool) -> Clinic:
    """Make a clinic and import its patients."""
    told = "whole days" if whole_days else "continuous times"
    name = f"{rows} with {told}"
    key, file, columns = make_key(url, name), home / f"{name}.csv", home / f"{name}.bin"
    patients = simulate(rows, whole_days=whole_days)
    patients.keep(columns)
    patients.write_csv(file)
    send(server, file, key)
    file.unlink()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE patient, measurement")  # as it comes to be by itself
        found = connection.execute("SELECT id::text FROM clinic WHERE name = %s", [name]).fetchone()
    if found is None:
        raise RuntimeError(f"there is no clinic {name}")
    return Clinic(told, rows, url, home, found[0], key, columns, whole_days)
