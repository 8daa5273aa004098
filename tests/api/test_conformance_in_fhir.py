"""The service gets every vector right that is told in FHIR, and a wrong mapping is named."""

import shutil
from copy import deepcopy

import pytest

from app.integrations.conformance.heard import hear_fhir
from app.integrations.conformance.score import judge
from app.integrations.conformance.vectors import read_vectors
from app.schemas.conformance import ConformanceResponse
from app.settings import Settings
from tests.api.clinics import Service, make_keys, open_service

VECTORS = ConformanceResponse.model_validate(read_vectors().document).vectors
FHIR = {"content-type": "application/fhir+json"}


@pytest.fixture(scope="module")
def ask(tmp_path_factory, migrated_sqlite):
    """Send a Bundle as a viewer, and give what was heard."""
    folder = tmp_path_factory.mktemp("conformance") / "data"
    settings = Settings(data_dir=shutil.copytree(migrated_sqlite.data_dir, folder))
    keys = make_keys(settings)
    with open_service(settings) as client:
        service = Service(client, keys)

        def send(bundle):
            answer = service.ask(
                "POST", "/fhir/$pnfh-survival", by=("North", "viewer"), json=bundle, headers=FHIR
            )
            return hear_fhir(answer.status_code, answer.content)

        yield send


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)
def test_the_service_gets_the_vector_right(ask, vector):
    assert judge(vector, ask(vector.fhir), "fhir").differences == ()


def printed_unit_alone(bundle):
    """A mapping that sends the printed unit and not its code."""
    for entry in bundle["entry"]:
        entry["resource"].get("valueQuantity", {}).pop("code", None)


def first_observation_alone(bundle):
    del bundle["entry"][2:]


def everything_final(bundle):
    for entry in bundle["entry"][1:]:
        entry["resource"]["status"] = "final"


def without_specimens(bundle):
    for entry in bundle["entry"][1:]:
        entry["resource"].pop("specimen", None)


WRONG = {
    printed_unit_alone: {"unit-code-and-text"},
    first_observation_alone: {"latest-of-three", "latest-of-another-unit"},
    everything_final: {"latest-preliminary", "entered-in-error"},
    without_specimens: {"specimen-serum", "specimen-plasma"},
}
"""A mapping -> some of the vectors that must find it."""


@pytest.mark.parametrize("mistake", WRONG, ids=lambda mistake: mistake.__name__)
def test_a_wrong_mapping_is_caught(ask, mistake):
    wrong = set()
    for vector in VECTORS:
        bundle = deepcopy(vector.fhir)
        mistake(bundle)
        if not judge(vector, ask(bundle), "fhir").is_right:
            wrong.add(vector.id)
    assert WRONG[mistake] <= wrong < {vector.id for vector in VECTORS}
