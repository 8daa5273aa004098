"""Real answers for the OpenAPI document: computed from the library, never written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from app.answers.answer import Answers, Manner
from app.answers.table import curves_csv
from app.api.cds_hooks.card_examples import show_cards
from app.api.cohort.cohort_examples import show_cohort
from app.api.cohort.evidence_examples import show_own_evidence
from app.api.estimates.prognosis import show_prognosis
from app.api.fhir.fhir_examples import show_resources
from app.api.problems import describe
from app.api.records.kept_examples import show_kept, show_past
from app.errors import InvalidInput
from app.schemas import audit, imports, measurements, patients
from app.schemas.estimates import DEFAULT_EVIDENCE
from app.survival.encals import EncalsPatient
from app.survival.estimate import Question, estimate_survival
from app.survival.level import CANONICAL_UNIT, parse_level
from app.use_cases.estimates.compare_evidence import compare_evidence
from app.use_cases.estimates.give_prognosis import give_prognosis
from app.use_cases.estimates.read_card import read_card
from app.use_cases.estimates.read_evidence import list_evidence, read_evidence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.answers.answer import Part
    from app.answers.document import Detail
    from app.evidence.library import Library

JSON: Final = "application/json"
REQUEST_ID: Final = "0f8fad5bd9cb469fa16570867728950e"
ESTIMATES: Final = (
    ("get", "/v1/estimate"),
    ("post", "/v1/estimates"),
    ("get", "/v1/patients/{patient_id}/estimate"),
)
ASKED: Final = {
    "benefit": ("a level of 1500 pg/mL", "1500", None),
    "harm_possible": ("a level of 5000 pg/mL", "5000", None),
    "no_estimate": ("a level of 500 pg/mL, for which nothing was published", "500", None),
    "indeterminate": ("a level below 800 pg/mL, which leaves two strata open", "800", "<"),
}
"""Name -> what it shows, and the level."""

DRAWING: Final = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 480" role="img"/>'
THIN: Final = 64
"""Of a curve's points one in so many is shown: the first day, the middle, the last."""

SHOWN_CHANGES: Final = 5


def add_examples(openapi: dict[str, Any], library: Library, version: str) -> None:
    """Put answers of this very service beside the 200 of the operations that compute.

    Called on the finished document: FastAPI would drop every null of an example.
    """
    shown = Examples(library, version)
    components = openapi.setdefault("components", {})
    components["examples"] = components.get("examples", {}) | shown.estimates()
    to_estimates = {name: _reference(name) for name in shown.estimates()}
    for method, path in ESTIMATES:
        _content(openapi, method, path)[JSON]["examples"] = to_estimates
    for (method, path), example in shown.by_operation().items():
        _content(openapi, method, path)[JSON]["example"] = example
    _show_records(openapi)
    _show_imports(openapi)
    show_kept(openapi, library, shown.answers, DEFAULT_EVIDENCE)
    show_past(openapi)
    show_own_evidence(openapi, library, thin)
    show_cohort(openapi, library)
    show_cards(openapi, library, version)
    show_resources(openapi, library, version)
    drawn = _content(openapi, "get", "/v1/survival-curves")
    drawn["text/csv"]["example"] = shown.table()
    drawn["image/svg+xml"]["example"] = DRAWING
    _show_bodies(openapi)


class Examples:
    """Answers to a few questions, from the default evidence."""

    def __init__(self, library: Library, version: str) -> None:
        self.library = library
        self.answers = Answers(version)
        self.study = library.studies[DEFAULT_EVIDENCE]

    def estimates(self) -> dict[str, dict[str, Any]]:
        """An estimate of every kind, as summaries; and the group alone."""
        found = {
            name: {"summary": summary, "value": self._answer(name, detail="summary")}
            for name, (summary, _, _) in ASKED.items()
        }
        group = {"summary": "the group alone", "value": self._answer("benefit", detail="group")}
        return found | {"group": group}

    def by_operation(self) -> dict[tuple[str, str], Any]:
        """One answer for every other operation."""
        library, evidence = self.library, "/v1/evidence"
        one = f"{evidence}/{{evidence_id}}"
        return {
            ("get", "/v1/stratum"): self._answer("benefit", part="stratum"),
            ("get", "/v1/treatment-effect"): self._answer("benefit", part="treatment_effect"),
            ("get", "/v1/survival-curves"): thin(self._answer("benefit", part="survival_curves")),
            ("post", "/v1/estimates/batch"): self._batch(),
            ("post", "/v1/prognosis"): self._prognosis(),
            ("get", evidence): list_evidence(library=library),
            ("get", one): read_evidence("encals-2018", library=library),
            ("get", f"{one}/card"): read_card(DEFAULT_EVIDENCE, library=library),
            ("get", f"{one}/diff/{{other}}"): self._difference(),
        }

    def table(self) -> str:
        """The first lines of the curves as CSV."""
        estimate = estimate_survival(self._question("benefit"), self.study)
        return "\n".join(curves_csv(estimate).splitlines()[:3]) + "\n"

    def _question(self, name: str) -> Question:
        _, value, comparator = ASKED[name]
        return Question(parse_level(value, CANONICAL_UNIT, comparator))

    def _answer(self, name: str, part: Part = "estimate", detail: Detail = "full") -> Any:
        manner = Manner(part, detail)
        return orjson.loads(self.answers.give(self._question(name), self.study, manner).body)

    def _batch(self) -> dict[str, Any]:
        good = {"ref": "row-1"} | self._answer("benefit", detail="group")
        try:
            parse_level("5.2", "nmol/L", pointer="/pnfh")
        except InvalidInput as error:
            problem = describe(error, "/v1/estimates/batch", REQUEST_ID)
            return {"items": [good, {"ref": "row-2", "status": "error", "problem": problem}]}
        raise AssertionError("a molar unit was read")

    def _prognosis(self) -> dict[str, Any]:
        patient = EncalsPatient(62.0, 0.6, 12.0, 90.0, *4 * (False,))
        return show_prognosis(give_prognosis(patient, 14.0, None, library=self.library), "en")

    def _difference(self) -> dict[str, Any]:
        levels = [self._question(name).level for name in ("no_estimate", "benefit")]
        both = ("mirocals-topline-2022", DEFAULT_EVIDENCE)
        found = compare_evidence(*both, levels, library=self.library)
        return found | {"changes": found["changes"][:SHOWN_CHANGES]}


def thin(part: Any) -> Any:
    """The same document with a few points of each curve."""
    if isinstance(part, dict):
        return {name: thin(inner) for name, inner in part.items()}
    if not isinstance(part, list):
        return part
    is_curve = len(part) > THIN and all(isinstance(x, float | int) for x in part)
    return part[::THIN] if is_curve else [thin(inner) for inner in part]


def _show_imports(openapi: dict[str, Any]) -> None:
    made = openapi["paths"]["/v1/imports"]["post"]["responses"]["201"]["content"]
    one = _content(openapi, "get", "/v1/imports/{import_id}")
    made[JSON]["example"] = one[JSON]["example"] = imports.EXAMPLE


def _show_records(openapi: dict[str, Any]) -> None:
    """What is kept, as it is answered; added here, for FastAPI leaves nulls out of examples."""
    levels = "/v1/patients/{patient_id}/measurements"
    records = {
        ("/v1/patients", "/v1/patients/{patient_id}"): patients.KEPT_EXAMPLE,
        (levels, f"{levels}/{{measurement_id}}"): measurements.KEPT_EXAMPLE,
    }
    for (all_of_them, one), kept in records.items():
        made = openapi["paths"][all_of_them]["post"]["responses"]["201"]["content"]
        made[JSON]["example"] = _content(openapi, "get", one)[JSON]["example"] = kept
        page = {"items": [kept], "next_cursor": None}
        _content(openapi, "get", all_of_them)[JSON]["example"] = page
    searched = _content(openapi, "get", "/v1/patients")[JSON]["example"]
    _content(openapi, "post", "/v1/patients/search")[JSON]["example"] = searched
    _content(openapi, "get", "/v1/audit")[JSON]["example"] = audit.PAGE_EXAMPLE
    _content(openapi, "get", "/v1/audit/verify")[JSON]["example"] = audit.REPORT_EXAMPLE


def _show_bodies(openapi: dict[str, Any]) -> None:
    """Where a body is declared, sent or answered, the first example of its schema."""
    operations = [operation for path in openapi["paths"].values() for operation in path.values()]
    bodies = [operation.get("requestBody", {}) for operation in operations]
    bodies += [answer for operation in operations for answer in operation["responses"].values()]
    for body in bodies:
        declared = body.get("content", {}).get(JSON, {})
        name = declared.get("schema", {}).get("$ref", "").rpartition("/")[2]
        examples = openapi["components"]["schemas"].get(name, {}).get("examples")
        if examples and not {"example", "examples"} & declared.keys():
            declared["example"] = examples[0]


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/examples/{name}"}


def _content(openapi: Mapping[str, Any], method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = openapi["paths"][path][method]["responses"]["200"]["content"]
    return found
