"""What the service tells of itself."""

from urllib.parse import parse_qs, urlsplit

from app.integrations.cds_hooks.card import without_nothing
from app.integrations.cds_hooks.discovery import discovery, search_for
from app.integrations.fhir.codes import PNFH, read_codes

PLAIN = {"patient", "code", "_sort", "_count"}


def test_the_service_is_told_whole_and_without_nothing():
    document = discovery(frozenset({PNFH}), "0.1.0")
    assert without_nothing(document) == document
    service = document["services"][0]
    assert (service["id"], service["hook"]) == ("als-il2-pnfh", "patient-view")
    assert service["prefetch"]["patient"] == "Patient/{{context.patientId}}"


def test_the_search_asks_for_every_code_in_parameters_that_every_server_knows():
    codes = read_codes("https://lab.example/codes|NFH CSF,urn:oid:1.2.3|77")
    search = search_for(codes, "P-1")
    assert " " not in search
    assert "|" not in search
    asked = parse_qs(urlsplit(search).query)
    assert asked.keys() == PLAIN
    assert set(asked["code"][0].split(",")) == {"|".join(code) for code in codes}
    assert (asked["patient"], asked["_sort"]) == (["P-1"], ["-date"])
