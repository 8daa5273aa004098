"""The library: every evidence file, checked when the service starts."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from app.errors import EvidenceFault, NotFound
from app.evidence.build_study import TrialBuilder
from app.evidence.file_format import EVIDENCE_FILE, PrognosisFile, TrialFile
from app.evidence.fitted_format import FittedFile
from app.evidence.marked_yaml import MarkedDocument, read_marked_yaml
from app.survival.encals import EncalsModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from app.survival.study import Study

SHELF = Path(__file__).parent / "library"
DIGESTS = "SHA256SUMS"
"""The digests of released files: a released file is never edited, a correction is a new one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One evidence file: its digest, its checked content, and what is computed from it."""

    digest: str
    file: TrialFile | PrognosisFile | FittedFile
    study: Study | None
    prognosis: EncalsModel | None


class Library:
    """All evidence by id. Build it with `open_library`."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self.entries = entries
        self.studies = {key: entry.study for key, entry in entries.items() if entry.study}
        """The trials, by id: what an estimate may be asked from."""

    def with_entries(self, more: Iterable[Entry]) -> Library:
        """This library and some entries more, which it stays apart from."""
        every = {**self.entries, **{entry.file.id: entry for entry in more}}
        return Library(dict(sorted(every.items())))

    def entry(self, evidence_id: str) -> Entry:
        """One evidence file. Raises NotFound that lists what there is."""
        if evidence_id not in self.entries:
            known = ", ".join(self.entries)
            raise NotFound(f"There is no evidence of that id. There is: {known}.")
        return self.entries[evidence_id]


def open_library(shelf: Path = SHELF) -> Library:
    """Read and check every file. Raises EvidenceFault with the file, the line and the reason."""
    digests = _read_digests(shelf)
    entries = {}
    for missing in sorted(digests.keys() - {path.name for path in shelf.glob("*.yaml")}):
        raise EvidenceFault(f"{missing}: is listed in {DIGESTS} but not there")
    for path in sorted(shelf.glob("*.yaml")):
        entry = _read_entry(path, digests.get(path.name))
        entries[entry.file.id] = entry
    if not entries:
        raise EvidenceFault(f"{shelf.name}: holds no evidence files")
    return Library(entries)


def _read_entry(path: Path, released: str | None) -> Entry:
    content = path.read_bytes()
    digest = sha256(content).hexdigest()
    if digest != released:
        raise EvidenceFault(
            f"{path.name}, line 1: differs from its digest in {DIGESTS}. A released file is never "
            "edited: add a new version, or record a new file there."
        )
    document = read_marked_yaml(path.name, content.decode())
    file = _check(document, path.stem)
    study = _build(document, file, f"sha256:{digest}") if isinstance(file, TrialFile) else None
    model = _prognosis(file) if isinstance(file, PrognosisFile) else None
    return Entry(f"sha256:{digest}", file, study, model)


def _read_digests(shelf: Path) -> dict[str, str]:
    listing = shelf / DIGESTS
    lines = listing.read_text().splitlines() if listing.exists() else []
    return {name: digest for digest, name in (line.split() for line in lines)}


def _check(document: MarkedDocument, stem: str) -> TrialFile | PrognosisFile:
    try:
        file = EVIDENCE_FILE.validate_python(document.data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = tuple(p for p in first["loc"] if p not in ("treatment_effect", "prognosis"))
        raise document.fault(path, first["msg"]) from None
    if file.id != stem:
        raise document.fault(("id",), f"must be the file's name, {stem}")
    for path, key in _references(document.data):
        known = document.data["sources" if path[-1] != "estimand" else "estimands"]
        if key not in known:
            raise document.fault(path, f"{key} is not among the file's {path[-1]}s")
    return file


def _references(
    part: Any, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every place that names a source or an estimand."""
    items: Any = enumerate(part) if isinstance(part, list) else ()
    for key, value in part.items() if isinstance(part, dict) else items:
        if key in ("source", "range_source", "estimand") and isinstance(value, str):
            yield (*path, key), value
        else:
            yield from _references(value, (*path, key))


def _build(document: MarkedDocument, file: TrialFile, digest: str) -> Study:
    try:
        return TrialBuilder(file).build(digest)
    except (ValueError, ArithmeticError) as error:
        path, reason = error.args if len(error.args) == 2 else ((), str(error))
        raise document.fault(path, reason) from None


def _prognosis(file: PrognosisFile) -> EncalsModel:
    knots, spline = file.baseline.knots.values, file.baseline.spline.values
    return EncalsModel(
        {name: entry.value for name, entry in file.coefficients.items()},
        (knots[0], knots[1], knots[2], knots[3]),
        (spline[0], spline[1], spline[2], spline[3]),
    )
