"""`/fhir/Patient?…` and the like, and `POST …/_search`: a clinic's records, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from app.api.dialects import FHIR_DOOR
from app.api.fhir.fhir_route import (
    FhirAskingRoute,
    FhirResponse,
    FhirRoute,
    answer,
    door_of,
    is_lenient,
    negotiate,
    note_whose,
    told,
)
from app.api.fhir.records import show_kept
from app.api.json_route import check_content_type, read_body
from app.api.outcomes import outcome_responses
from app.api.query import read_parameters
from app.clinic.access import Role
from app.dependencies import CallerDep, ConnectionDep, CursorKeyDep, PatientsDep, needs
from app.integrations.fhir.resources_out import show_observation, show_patient
from app.integrations.fhir.search import is_passed_over, names_for
from app.integrations.fhir.searchset import searchset
from app.use_cases.resources.search_resources import (
    Found,
    across_of,
    find_estimates,
    find_levels,
    find_patients,
)

if TYPE_CHECKING:
    from app.clinic.kept_estimate import KeptEstimate
    from app.clinic.measurement import Measurement
    from app.clinic.patient import Patient
    from app.errors import Fault
    from app.settings import Settings

Pairs = list[tuple[str, str]]

FORM: Final = "application/x-www-form-urlencoded"
PROBLEMS: Final = outcome_responses(401, 403, 406, 415, 422, 429, 503)
BODY_PROBLEMS: Final = PROBLEMS | outcome_responses(408, 413)


class SearchByAddressRoute(FhirRoute):
    """A search whose parameters stand in the address; which there are, the search itself says."""

    async def read_sent(self, request: Request, model: Any, faults: list[Fault]) -> list[Fault]:
        """Read the parameters; unknown ones are told by the search, with all else."""
        del model, faults
        request.state.pairs = _in_address(request)
        negotiate(request)
        return []


class SearchByFormRoute(FhirAskingRoute):
    """The same with the parameters in a form, so that the address tells nothing of a patient."""

    async def read_sent(self, request: Request, model: Any, faults: list[Fault]) -> list[Fault]:
        """Read the form, and the address besides."""
        del model, faults
        negotiate(request)
        check_content_type(request, FORM)
        form = read_parameters(await read_body(request))
        negotiate(request, dict(form).get("_format"))
        request.state.pairs = [*_in_address(request), *_heeded(form, request)]
        return []


def _in_address(request: Request) -> Pairs:
    """The parameters in the address that are heeded."""
    return _heeded(read_parameters(request.scope["query_string"]), request)


def _heeded(pairs: Pairs, request: Request) -> Pairs:
    """Leave out what is unknown, if the caller would rather have that than a refusal."""
    if not is_lenient(request):
        return pairs
    kind = str(request.scope["path"]).removeprefix(FHIR_DOOR).split("/")[1]
    return [(name, value) for name, value in pairs if not is_passed_over(kind, name, value)]


lists = APIRouter(prefix="/fhir", tags=["clinic software"], route_class=SearchByAddressRoute)
forms = APIRouter(prefix="/fhir", tags=["clinic software"], route_class=SearchByFormRoute)


def _asked(kind: str) -> dict[str, Any]:
    """The parameters of a search, for the OpenAPI document."""
    parameters = [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": says,
            "schema": {"type": "string"},
        }
        for name, says in names_for(kind).items()
    ]
    return {"parameters": parameters}


def _form(kind: str) -> dict[str, Any]:
    """The same as a form."""
    members = {
        name: {"type": "string", "description": says} for name, says in names_for(kind).items()
    }
    schema = {"type": "object", "properties": members}
    content = {FORM: {"schema": schema, "example": {"_count": "10"}}}
    return {"requestBody": {"required": True, "content": content}}


PAGE: Final = told("a Bundle: a page of what was found")


@lists.get(
    "/Patient",
    dependencies=[needs("Patient", "s", Role.VIEWER)],
    summary="Search Patients",
    response_class=FhirResponse,
    responses=PAGE | PROBLEMS,
    openapi_extra=_asked("Patient"),
)
async def search_fhir_patients(
    patients: PatientsDep, cursor_key: CursorKeyDep, request: Request
) -> Response:
    """Search your clinic's patients. Unknown parameters are refused, not passed over."""
    page = await find_patients(request.state.pairs, patients=patients, cursor_key=cursor_key)
    return _answer_patients(request, page)


@forms.post(
    "/Patient/_search",
    dependencies=[needs("Patient", "s", Role.VIEWER)],
    summary="Search Patients by a form",
    response_class=FhirResponse,
    responses=PAGE | BODY_PROBLEMS,
    openapi_extra=_form("Patient"),
)
async def find_fhir_patients(
    patients: PatientsDep, cursor_key: CursorKeyDep, request: Request
) -> Response:
    """Search your clinic's patients with the parameters in the body, out of any log."""
    page = await find_patients(request.state.pairs, patients=patients, cursor_key=cursor_key)
    return _answer_patients(request, page)


@lists.get(
    "/Observation",
    dependencies=[needs("Observation", "s", Role.VIEWER)],
    summary="Search Observations",
    response_class=FhirResponse,
    responses=PAGE | PROBLEMS,
    openapi_extra=_asked("Observation"),
)
async def search_fhir_observations(
    connection: ConnectionDep, caller: CallerDep, cursor_key: CursorKeyDep, request: Request
) -> Response:
    """Search the levels of your clinic's patients; `_sort=-date&_count=1` gives the latest."""
    across = across_of(connection, caller.clinic_id)
    page = await find_levels(request.state.pairs, across=across, cursor_key=cursor_key)
    return _answer_levels(request, page)


@forms.post(
    "/Observation/_search",
    dependencies=[needs("Observation", "s", Role.VIEWER)],
    summary="Search Observations by a form",
    response_class=FhirResponse,
    responses=PAGE | BODY_PROBLEMS,
    openapi_extra=_form("Observation"),
)
async def find_fhir_observations(
    connection: ConnectionDep, caller: CallerDep, cursor_key: CursorKeyDep, request: Request
) -> Response:
    """Search the levels of your clinic's patients with the parameters in the body."""
    across = across_of(connection, caller.clinic_id)
    page = await find_levels(request.state.pairs, across=across, cursor_key=cursor_key)
    return _answer_levels(request, page)


@lists.get(
    "/RiskAssessment",
    dependencies=[needs("RiskAssessment", "s", Role.VIEWER)],
    summary="Search RiskAssessments",
    response_class=FhirResponse,
    responses=PAGE | PROBLEMS,
    openapi_extra=_asked("RiskAssessment"),
)
async def search_fhir_risk_assessments(
    connection: ConnectionDep, caller: CallerDep, cursor_key: CursorKeyDep, request: Request
) -> Response:
    """Search the estimates that were kept for your clinic's patients."""
    across = across_of(connection, caller.clinic_id)
    page = await find_estimates(request.state.pairs, across=across, cursor_key=cursor_key)
    return _answer_estimates(request, page)


@forms.post(
    "/RiskAssessment/_search",
    dependencies=[needs("RiskAssessment", "s", Role.VIEWER)],
    summary="Search RiskAssessments by a form",
    response_class=FhirResponse,
    responses=PAGE | BODY_PROBLEMS,
    openapi_extra=_form("RiskAssessment"),
)
async def find_fhir_risk_assessments(
    connection: ConnectionDep, caller: CallerDep, cursor_key: CursorKeyDep, request: Request
) -> Response:
    """Search the estimates that were kept, with the parameters in the body."""
    across = across_of(connection, caller.clinic_id)
    page = await find_estimates(request.state.pairs, across=across, cursor_key=cursor_key)
    return _answer_estimates(request, page)


def _answer_patients(request: Request, page: Found[Patient]) -> Response:
    settings: Settings = request.state.settings
    note_whose(request, (one.id for one in page.items))
    shown = [show_patient(one, settings.fhir_patient_system) for one in page.items]
    return _answer("Patient", shown, page, request)


def _answer_levels(request: Request, page: Found[Measurement]) -> Response:
    note_whose(request, (one.patient_id for one in page.items))
    return _answer("Observation", [show_observation(one) for one in page.items], page, request)


def _answer_estimates(request: Request, page: Found[KeptEstimate]) -> Response:
    note_whose(request, (one.patient_id for one in page.items))
    return _answer("RiskAssessment", [show_kept(one) for one in page.items], page, request)


def _answer(kind: str, shown: list[dict[str, Any]], page: Found[Any], request: Request) -> Response:
    """Answer a page; the audit event of the request tells how many resources were shown."""
    request.state.count = len(shown)
    door = door_of(request)
    query = request.scope["query_string"].decode("ascii")
    if is_lenient(request):  # the link tells what was searched for
        query = urlencode(_in_address(request))
    here = f"{door}{request.scope['path'].removeprefix(FHIR_DOOR)}{'?' * bool(query)}{query}"
    following = page.next_cursor and f"{door}/{kind}?{urlencode({'_cursor': page.next_cursor})}"
    return answer(request, searchset(shown, door, here, following, page.total))
