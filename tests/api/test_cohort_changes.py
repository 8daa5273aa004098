"""A question asked again: the same bytes, until one row of the clinic's records changes."""

import pytest

from app.clinic.access import Role
from tests.api.own_cohort import (
    EDITOR,
    VIEWER,
    ask,
    describe,
    followed,
    import_patients,
    keep_two_arms,
    open_to_all,
    patient_ids,
)


@pytest.fixture
def known(settings):
    """Keep twelve patients in two arms, and show every group of them."""
    with open_to_all(settings) as service:
        keep_two_arms(service)
        yield service


CHANGES = {
    "a fact": ("PATCH", "/v1/patients/{id}", {"follow_up_days": 11}),
    "a level": ("POST", "/v1/patients/{id}/measurements",
                {"biomarker": "pnfh", "value": 9, "unit": "ng/mL", "specimen": "csf"}),
    "a deletion": ("DELETE", "/v1/patients/{id}", None),
    "an erasure": ("POST", "/v1/patients/{id}/erase", {"confirm": "P-0"}),
}  # fmt: skip
ASKED = {"group_by": ["stratum"], "times": [5]}


@pytest.fixture
def other_process(known, settings):
    """Run the same service a second time, on the same database."""
    # Settings that are equal would share the app.
    with open_to_all(settings, known.keys, failed_logins_per_minute=21) as service:
        yield service


def change(service, name):
    method, path, body = CHANGES[name]
    place = path.format(id=patient_ids(service)["P-0"])
    headers = {}
    if method in {"PATCH", "DELETE"}:
        headers["if-match"] = service.ask("GET", place).headers["etag"]
    answer = service.ask(method, place, by=("North", Role.ADMIN), json=body, headers=headers)
    assert answer.status_code < 300, answer.text


def test_the_same_question_has_the_same_bytes_until_something_changes(known):
    first = ask(known, **ASKED).content
    describe(known, group_by=["arm"])
    assert patient_ids(known)
    assert known.ask("POST", "/v1/patients/search", json={}).status_code == 200
    assert ask(known, **ASKED).content == first


@pytest.mark.parametrize("name", CHANGES)
def test_one_change_is_in_the_next_answer_whichever_process_made_it(known, other_process, name):
    before = [describe(one, **ASKED) for one in (known, other_process)]
    assert before[0] == before[1]
    change(known, name)
    after = [describe(one, **ASKED) for one in (known, other_process)]
    assert after[0] == after[1]
    assert after[0] != before[0]
    assert after[0]["cohort_version"] != before[0]["cohort_version"]
    assert describe(known, group_by=["arm"])["n_total"] == (
        12 if name in {"a fact", "a level"} else 11
    )


def test_imported_patients_are_in_the_next_answer(known, other_process):
    assert describe(other_process)["n_total"] == 12
    import_patients(known, [{"identifier": "NEW-1"} | followed("7")[0]])
    assert describe(other_process)["n_total"] == 13
    assert describe(known)["n_total"] == 13


def test_an_estimate_given_or_kept_changes_no_cohort(known):
    version = describe(known)["cohort_version"]
    place = f"/v1/patients/{patient_ids(known)['P-0']}"
    assert known.ask("GET", f"{place}/estimate").status_code == 200
    kept = known.ask("POST", f"{place}/estimates", by=EDITOR, json={})
    assert kept.status_code == 201, kept.text
    again = known.ask("POST", f"/v1/estimates/{kept.json()['id']}/replay", by=VIEWER)
    assert again.status_code == 200, again.text
    assert describe(known)["cohort_version"] == version


def test_what_is_newly_known_of_a_patient_moves_the_patient_to_another_group(known):
    describe(known, group_by=["stratum"])
    change(known, "a level")
    groups = describe(known, group_by=["stratum"])["groups"]
    # P-0 had 1499 pg/mL; 9 ng/mL, undated but kept later, is 9000.
    assert [(one["group"]["stratum"], one["n"]) for one in groups] == [("low", 2), ("high", 1)]
