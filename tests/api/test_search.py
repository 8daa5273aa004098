"""`POST /v1/patients/search`: who is found, in which order, and what is refused."""

import json

import pytest

from app.clinic.access import Role
from app.schemas.conditions import MOST_VALUES
from app.schemas.search import MOST_FIELDS, PatientFilter

SEARCH = "/v1/patients/search"
VIEWER = ("North", Role.VIEWER)
ANNA = {
    "identifier": "SITE-1",
    "sex": "female",
    "birth_year": 1961,
    "onset_date": "2023-03-01",
    "svc_percent": 91.5,
    "alsfrs_r": 38,
    "c9orf72": False,
    "arm": "il2ld",
    "covariates": {"crp": 3.2, "site": "3"},
}
BEN = {
    "identifier": "SITE_2",
    "sex": "male",
    "onset_date": "2024-02-29",
    "svc_percent": 70,
    "c9orf72": True,
    "arm": "placebo",
    "covariates": {"crp": "high", "site": 3},
}
CARA = {"identifier": "site-3"}


@pytest.fixture
def three(service):
    """Keep Anna with 1.001 ng/mL, Ben with a level below 750 pg/mL, and Cara without any."""
    kept = [service.keep(**facts) for facts in (ANNA, BEN, CARA)]
    service.measure(kept[0], value=9000, collected_at="2023-01-01")
    service.measure(kept[0], value=1.001, unit="ng/mL", collected_at="2024-01-01")
    service.measure(kept[1], value=750, comparator="<")
    return kept


def search(service, by=VIEWER, **body):
    return service.ask("POST", SEARCH, by=by, json=body)


def found(service, wanted, **body):
    """Give the first letters of those who are found; every answer is whole patients."""
    answer = search(service, filter=wanted, **body)
    assert answer.status_code == 200, answer.text
    names = {"SITE-1": "A", "SITE_2": "B", "site-3": "C"}
    return "".join(names[item["identifier"]] for item in answer.json()["items"])


WHO = [
    ({}, "ABC"),
    ({"sex": "female"}, "A"),
    ({"sex": None}, "C"),
    ({"sex": ["male", None]}, "BC"),
    ({"sex": {"ne": "male"}}, "A"),  # Cara's is not stated
    ({"sex": {"exists": False}}, "C"),
    ({"sex": "female", "arm": "placebo"}, ""),
    ({"svc_percent": 91.50}, "A"),
    ({"svc_percent": {"gte": 70}}, "AB"),
    ({"svc_percent": {"gt": 70, "lte": 91.5}}, "A"),
    ({"alsfrs_r": {"lt": 48}}, "A"),
    ({"onset_date": {"gte": "2024-01-01", "lt": "2024-03-01"}}, "B"),
    ({"birth_year": [1961, 1962]}, "A"),
    ({"c9orf72": False}, "A"),
    ({"c9orf72": {"ne": False}}, "B"),
    ({"identifier": "site-3"}, "C"),  # exactly, not in another case
    ({"identifier": {"prefix": "SITE_"}}, "B"),  # _ is no wildcard
    ({"identifier": {"prefix": "SITE"}}, "AB"),
    ({"x_crp": {"gt": 3}}, "A"),
    ({"x_crp": "high"}, "B"),
    ({"x_crp": {"exists": True}}, "AB"),
    ({"x_site": 3}, "B"),
    ({"x_site": "3"}, "A"),
    ({"x_site": [3, "3"]}, "AB"),
    ({"x_site": {"ne": 3}}, "A"),
    ({"x_crp": None}, "C"),
    ({"pnfh": 1001}, "A"),  # 1.001 ng/mL x 1000
    ({"pnfh": {"gte": 1001, "lte": 1001}}, "A"),
    ({"pnfh": {"gt": 5000}}, ""),  # 9000 is not Anna's latest
    ({"pnfh": {"exists": False}}, "BC"),  # Ben's is a bound
    ({"stratum": "low"}, "A"),
    ({"stratum": "very_low"}, "B"),  # all below 750
    ({"stratum": {"ne": "low"}}, "B"),
    ({"stratum": None}, "C"),
    ({"created_at": {"gte": "2024-01-01"}}, "ABC"),
    ({"updated_at": {"lt": "2024-01-01T00:00:00+01:00"}}, ""),
]


def test_who_is_meant_is_found(service, three):
    met = {json.dumps(wanted): found(service, wanted) for wanted, _ in WHO}
    assert met == {json.dumps(wanted): who for wanted, who in WHO}


def test_a_patient_is_found_by_the_id_in_either_case(service, three):
    assert found(service, {"id": three[1]["id"].upper()}) == "B"
    assert found(service, {"id": {"ne": three[1]["id"]}}) == "AC"


ORDERS = [
    (["created_at"], "ABC"),
    (["-created_at"], "CBA"),
    (["identifier"], "ABC"),  # capitals before small letters, "-" before "_"
    (["sex"], "ABC"),
    (["-sex"], "BAC"),  # what is not stated is last, whichever way
    (["svc_percent"], "BAC"),
    (["-svc_percent"], "ABC"),
    (["c9orf72", "-identifier"], "ABC"),
    (["birth_year", "-onset_date", "identifier"], "ABC"),
    (["birth_year", "onset_date"], "ABC"),
    (["event_type", "-onset_date"], "BAC"),
]


def test_patients_are_sorted_as_asked_on_every_page(service, three):
    for sort, who in ORDERS:
        met, cursor = "", None
        for page in range(3):
            asked = {"sort": sort, "limit": 1, "cursor": cursor}
            met += found(service, {}, **asked)
            cursor = search(service, **asked).json()["next_cursor"]
            assert (cursor is None) == (page == 2)
        assert met == who, sort


def test_an_empty_body_finds_everybody_as_the_list_shows_them(service, three):
    answer = search(service)
    assert answer.json() == {"items": three, "next_cursor": None}
    assert answer.headers["cache-control"] == "no-store"


def test_a_cursor_serves_the_same_search_alone(service, three):
    wanted, sort = {"svc_percent": {"gte": 1}, "arm": {"exists": True}}, ["-arm", "identifier"]
    first = search(service, filter=wanted, sort=sort, limit=1).json()
    own = {"filter": wanted, "sort": sort, "cursor": first["next_cursor"]}
    turned = own | {"filter": dict(reversed(wanted.items())), "limit": 7}
    assert search(service, **own).json() == search(service, **turned).json()
    assert [item["id"] for item in search(service, **own).json()["items"]] == [three[0]["id"]]
    for other in [
        own | {"filter": {}},
        own | {"filter": wanted | {"svc_percent": {"gte": 2}}},
        own | {"filter": wanted | {"svc_percent": {"gt": 1}}},
        own | {"sort": ["arm", "identifier"]},
        own | {"sort": ["-arm"]},
        own | {"cursor": own["cursor"][:-1] + "-_"[own["cursor"][-1] == "-"]},
        own | {"cursor": "A" * 10_000},
        own | {"cursor": ""},
    ]:
        answer = search(service, **other)
        assert answer.status_code == 422, other
        assert told(answer) == [("/cursor", "invalid_cursor")]
    assert search(service, by=("South", Role.VIEWER), **own).status_code == 422


def test_a_cursor_of_a_search_says_nothing_of_who_was_found(service, three):
    first = search(service, sort=["identifier"], limit=1).json()
    lengths = {len(search(service, sort=[sort], limit=1).json()["next_cursor"])
               for sort in ("sex", "-sex", "event_type")}  # fmt: skip
    assert "SITE" not in first["next_cursor"]
    assert len(lengths) == 1


def told(answer):
    return [(one["pointer"], one["code"]) for one in answer.json()["errors"]]


def test_all_that_is_wrong_with_a_search_is_told_at_once(service):
    body = {
        "filter": {
            "sexx": "female",
            "sex": "MARKED",
            "alsfrs_r": {"gte": 49},
            "svc_percent": [70, "MARKED", None],
            "onset_date": {"gte": "2024-02-30", "lt": None},
            "diagnosis_date": "MARKED",
            "identifier": {"prefix": "%"},
            "c9orf72": 1,
            "ftd": {},
            "arm": {"gte": "a"},
            "el_escorial": [],
            "id": "MARKED",
            "x_crp": {"gte": "MARKED"},
            "x_": 1,
            "pnfh": {"gt": -1},
            "stratum": "middle",
        },
        "sort": ["onset_dat", "-covariates"],
        "limit": 0,
        "curser": None,
    }
    answer = service.ask("POST", f"{SEARCH}?limit=5", by=VIEWER, json=body)
    assert answer.status_code == 422
    assert sorted(told(answer)) == sorted(
        [
            ("/limit", "unknown_field"),
            ("/filter/sexx", "unknown_field"),
            ("/filter/sex", "literal_error"),
            ("/filter/alsfrs_r/gte", "less_than_equal"),
            ("/filter/svc_percent/1", "not_a_number"),
            ("/filter/onset_date/gte", "not_a_date"),
            ("/filter/onset_date/lt", "not_a_date"),
            ("/filter/diagnosis_date", "not_a_date"),
            ("/filter/identifier/prefix", "identifier_shape"),
            ("/filter/c9orf72", "not_a_boolean"),
            ("/filter/ftd", "empty_condition"),
            ("/filter/arm/gte", "unknown_field"),
            ("/filter/el_escorial", "too_short"),
            ("/filter/id", "not_an_id"),
            ("/filter/x_crp/gte", "not_a_number"),
            ("/filter/x_", "unknown_field"),
            ("/filter/pnfh/gt", "greater_than_equal"),
            ("/filter/stratum", "literal_error"),
            ("/sort/0", "unknown_field"),
            ("/sort/1", "unknown_field"),
            ("/limit", "greater_than_equal"),
            ("/curser", "unknown_field"),
        ]
    )
    assert "MARKED" not in answer.text
    assert "Did you mean sex?" in answer.text
    assert "Did you mean onset_date?" in answer.text


IMPOSSIBLE = [
    ({"sort": ["sex", "-sex"]}, "/sort", "repeated"),
    ({"sort": []}, "/sort", "too_short"),
    ({"sort": ["sex", "arm", "ftd", "identifier"]}, "/sort", "too_long"),
    ({"sort": "sex"}, "/sort", "not_a_list"),
    ({"filter": []}, "/filter", "not_an_object"),
    ({"filter": None}, "/filter", "not_an_object"),
    ({"filter": {"arm": ["a"] * (MOST_VALUES + 1)}}, "/filter/arm", "too_long"),
    (
        {"filter": {f"x_{number}": 1 for number in range(3)}},
        "/filter/x_0",
        "unknown_field",
    ),
    ({"filter": {f"x_a{n}": 1 for n in range(MOST_FIELDS + 1)}}, "/filter", "too_many"),
    ({"filter": {"nfl": 1}}, "/filter/nfl", "biomarker_not_supported"),
    ({"limit": 201}, "/limit", "less_than_equal"),
    ({"cursor": 1}, "/cursor", "not_text"),
]


def test_a_search_that_cannot_be_is_refused(service):
    for body, pointer, code in IMPOSSIBLE:
        answer = search(service, **body)
        assert answer.status_code == 422, body
        assert told(answer)[0] == (pointer, code), body


EVIL = [
    "' OR '1'='1",
    "\\' OR 1=1 --",
    "%",
    "_",
    '"); DROP TABLE patient; --',
    "$.crp",
    '" || 1 || "',
    "{{7*7}}",
    "%(clinic)s",
    ":of_clinic",
    "?",
]


def test_no_text_is_ever_taken_for_a_command(service, three):
    for number, evil in enumerate(EVIL):
        kept = service.keep(identifier=f"EVIL-{number}", covariates={"word": evil})
        for wanted in ({"x_word": evil}, {"x_word": [evil, "x"]}):
            items = search(service, filter=wanted).json()["items"]
            assert [one["id"] for one in items] == [kept["id"]]
        assert search(service, filter={"x_crp": evil}).json()["items"] == []
        others = search(service, filter={"x_word": {"ne": evil}}).json()["items"]
        assert len(others) == number
        assert search(service, filter={f"x_{evil}": 1}).status_code == 422
        assert search(service, sort=[evil]).status_code == 422


def test_the_longest_search_is_answered(service, three):
    many = [f"a{number}" for number in range(MOST_VALUES)]
    some = {f"x_a{number}": many for number in range(MOST_FIELDS - 4)}
    levels = [*range(1, MOST_VALUES), None]
    wanted = some | {"pnfh": levels, "svc_percent": levels, "age_at_baseline": [1], "arm": many}
    answer = search(service, filter=wanted, sort=["-svc_percent", "-arm", "age_at_baseline"])
    assert (answer.status_code, answer.json()["items"]) == (200, [])


def test_exact_numbers_are_compared_as_they_were_written(service):
    sent = '{"identifier": "P-1", "svc_percent": 91.50, "covariates": {"n": 0.1000}}'
    headers = {"content-type": "application/json"}
    service.ask("POST", "/v1/patients", content=sent, headers=headers)
    for body in (
        '{"filter": {"svc_percent": 91.5, "x_n": 0.1}}',
        '{"filter": {"svc_percent": 9.15e1, "x_n": 1e-1}}',
        '{"filter": {"svc_percent": {"lt": 91.500000001}, "x_n": {"gt": 0.0999999999}}}',
    ):
        answer = service.ask("POST", SEARCH, by=VIEWER, content=body, headers=headers)
        assert '"svc_percent":91.50' in answer.text
        assert '"n":0.1000' in answer.text


def test_whoever_may_read_may_search(service, three):
    for role in Role:
        assert len(search(service, by=("North", role)).json()["items"]) == 3


def test_nobody_finds_another_clinics_patients(service, three):
    south = ("South", Role.VIEWER)
    for wanted in ({}, {"id": three[0]["id"]}, {"identifier": "SITE-1"}, {"stratum": "low"}):
        assert search(service, by=south, filter=wanted).json()["items"] == []
    assert search(service, by=None).status_code == 401


def test_who_was_deleted_is_not_found(service, three):
    path = f"/v1/patients/{three[0]['id']}"
    assert service.ask("DELETE", path, headers={"if-match": "*"}).status_code == 204
    assert found(service, {}) == "BC"
    levels = service.ask("GET", f"/v1/patients/{three[1]['id']}/measurements").json()["items"]
    level = f"/v1/patients/{three[1]['id']}/measurements/{levels[0]['id']}"
    assert service.ask("DELETE", level, headers={"if-match": "*"}).status_code == 204
    assert found(service, {"stratum": None}) == "BC"


def test_no_answer_of_a_search_is_kept_for_a_key(service, three):
    headers = {"idempotency-key": "the-same"}
    body = {"filter": {"sex": "female"}}
    for _ in range(2):
        answer = service.ask("POST", SEARCH, by=VIEWER, json=body, headers=headers)
        assert answer.status_code == 200
        assert "idempotent-replayed" not in answer.headers
    other = service.ask("POST", SEARCH, by=VIEWER, json={}, headers=headers)
    assert len(other.json()["items"]) == 3


def test_the_account_of_a_search_tells_how_many_were_found_and_nothing_else(service, three):
    search(service, filter={"sex": "female"})
    search(service, filter={"sex": "MARKED"})
    answer = service.ask("GET", "/v1/audit?limit=10", by=("North", Role.ADMIN))
    events = [one for one in answer.json()["items"] if one["action"] == "find_patients"]
    assert sorted((one["status"], one["count"]) for one in events) == [(200, 1), (422, None)]
    assert "MARKED" not in answer.text
    assert "female" not in answer.text


def test_every_field_that_is_described_can_be_searched_by(service, three):
    for name in PatientFilter.model_fields:
        assert search(service, filter={name: {"exists": True}}).status_code == 200, name
