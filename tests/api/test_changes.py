"""Changing what is kept: the whole, a part, or away with it; never what one has not seen."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.clinics import SOMEBODY
from tests.api.refusals import assert_problem, codes
from tests.unit.schemas.test_patients import FULL

ANY = {"if-match": "*"}
MERGE_PATCH = "application/merge-patch+json"
NOWHERE = "00000000-0000-4000-8000-000000000000"
STATED = {"covariates": {"crp": 3.2, "word": "mild"}, "svc_percent": 91.5, "arm": "il2ld"}


def place_of(kept):
    return f"/v1/patients/{kept['id']}"


def patch(service, kept, body, media_type=MERGE_PATCH, tag="*", **options):
    """Send a merge patch."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"content-type": media_type} | ({} if tag is None else {"if-match": tag})
    return service.ask("PATCH", place_of(kept), content=content, headers=headers, **options)


def put(service, kept, body, tag="*", **options):
    headers = {} if tag is None else {"if-match": tag}
    return service.ask("PUT", place_of(kept), json=body, headers=headers, **options)


def seen(service, kept):
    return service.ask("GET", place_of(kept)).json()


def facts_of(document):
    return {n: v for n, v in document.items() if n not in {"id", "created_at", "updated_at"}}


def test_put_states_all_facts_anew(service):
    kept = service.keep(**STATED)
    changed = put(service, kept, SOMEBODY | {"alsfrs_r": 40})
    assert changed.status_code == 200
    assert facts_of(changed.json()) == facts_of(kept) | {
        "alsfrs_r": 40, "svc_percent": None, "arm": None, "covariates": {},
    }  # fmt: skip
    assert changed.json() == seen(service, kept)
    assert changed.json()["created_at"] == kept["created_at"]
    assert changed.json()["updated_at"] > kept["updated_at"]


def test_put_takes_just_what_a_new_patient_takes(service):
    kept = service.keep()
    whole = json.loads(json.dumps(FULL, default=float))
    facts = facts_of(put(service, kept, whole).json())
    assert facts == whole
    assert codes(put(service, kept, whole | {"id": kept["id"]})) == {"/id": "unknown_field"}
    assert codes(put(service, kept, {})) == {"/identifier": "missing"}
    assert facts_of(seen(service, kept)) == whole


@pytest.mark.parametrize("media_type", [MERGE_PATCH, "application/json", MERGE_PATCH + "; q=1"])
def test_a_patch_changes_what_is_sent_and_nothing_else(service, media_type):
    kept = service.keep(**STATED)
    changed = patch(service, kept, {"arm": "placebo"}, media_type)
    assert changed.status_code == 200
    assert facts_of(changed.json()) == facts_of(kept) | {"arm": "placebo"}
    assert changed.json() == seen(service, kept)


@pytest.mark.parametrize(
    "media_type", ["application/json-patch+json", "text/plain", "", "text/csv"]
)
def test_another_media_type_is_not_read(service, media_type):
    kept = service.keep()
    assert_problem(patch(service, kept, {"arm": "x"}, media_type), "unsupported-media-type")
    assert seen(service, kept) == kept


# RFC 7396: what is there before, the patch, what is there afterwards.
@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({}, {}),
        ({"arm": None}, {"arm": None}),
        ({"sex": None}, {}),
        ({"svc_percent": 80, "sex": "female"}, {"svc_percent": 80, "sex": "female"}),
        ({"covariates": {}}, {}),
        ({"covariates": None}, {"covariates": {}}),
        ({"covariates": {"crp": None}}, {"covariates": {"word": "mild"}}),
        ({"covariates": {"word": 7}}, {"covariates": {"crp": 3.2, "word": 7}}),
        ({"covariates": {"never": None}}, {}),
        (
            {"covariates": {"new": "x", "crp": None}},
            {"covariates": {"word": "mild", "new": "x"}},
        ),
        ({"covariates": {"crp": None, "word": None}}, {"covariates": {}}),
    ],
)
def test_a_patch_is_merged_name_by_name_and_null_takes_away(service, sent, expected):
    kept = service.keep(**STATED)
    changed = patch(service, kept, sent)
    assert changed.status_code == 200, changed.text
    assert facts_of(changed.json()) == facts_of(kept) | expected


@pytest.mark.parametrize(
    ("sent", "faults"),
    [
        ({"amr": "x"}, {"/amr": "unknown_field"}),
        ({"amr": None}, {"/amr": "unknown_field"}),
        ({"id": NOWHERE}, {"/id": "unknown_field"}),
        ({"version": 1, "created_at": None}, {
            "/version": "unknown_field", "/created_at": "unknown_field"
        }),
        ({"identifier": None}, {"/identifier": None}),
        ({"alsfrs_r": "40"}, {"/alsfrs_r": None}),
        ({"alsfrs_r": True}, {"/alsfrs_r": None}),
        ({"alsfrs_r": 49}, {"/alsfrs_r": "less_than_equal"}),
        ({"arm": ["il2ld"]}, {"/arm": None}),
        ({"arm": {"a": 1}}, {"/arm": None}),
        ({"covariates": "x"}, {"/covariates": None}),
        ({"covariates": [1]}, {"/covariates": None}),
        ({"covariates": {"crp": [1]}}, {"/covariates/crp": None}),
        ({"covariates": {"crp": {"a": None}}}, {"/covariates/crp": None}),
        ({"alsfrs_r": 49, "amr": 1, "identifier": "jane@example.org"}, {
            "/alsfrs_r": "less_than_equal", "/amr": "unknown_field",
            "/identifier": "identifier_is_email",
        }),
        ([], {"": None}), ("x", {"": None}), (None, {"": None}), (7, {"": None}),
        ([{"op": "remove", "path": "/arm"}], {"": None}),
        (b"{", {"": None}), (b"", {"": None}), (b'{"arm": "a", "arm": "b"}', {"": None}),
        (b'{"svc_percent": NaN}', {"": None}),
    ],
)  # fmt: skip
def test_a_patch_that_breaks_a_rule_changes_nothing(service, sent, faults):
    kept = service.keep(**STATED)
    refused = codes(patch(service, kept, sent))
    assert set(refused) == set(faults)
    assert all(refused[place] == code for place, code in faults.items() if code)
    assert seen(service, kept) == kept


def test_what_a_patch_leaves_together_must_make_sense_together(service):
    kept = service.keep(onset_date="2023-03-01", baseline_date="2024-01-15")
    assert codes(patch(service, kept, {"onset_date": "2024-02-01"})) == {
        "/baseline_date": "date_order"
    }
    assert codes(patch(service, kept, {"birth_year": 2024})) == {"/onset_date": "date_order"}
    both = {"onset_date": "2024-02-01", "baseline_date": "2024-02-02"}
    assert patch(service, kept, both).status_code == 200
    moved = {"onset_date": None, "baseline_date": "2023-01-01"}
    assert patch(service, kept, moved).status_code == 200


def test_a_patch_of_one_number_leaves_the_digits_of_the_others(service):
    body = b'{"identifier": "P-1", "svc_percent": 91.50, "covariates": {"crp": 3.70}}'
    headers = {"content-type": "application/json"}
    kept = service.ask("POST", "/v1/patients", content=body, headers=headers).json()
    changed = patch(service, kept, b'{"age_at_baseline": 61.0, "covariates": {"n": 1.10}}')
    for digits in (b'"svc_percent":91.50', b'"crp":3.70', b'"age_at_baseline":61.0', b'"n":1.10'):
        assert digits in changed.content


def test_every_change_has_a_tag_of_its_own_and_no_change_has_none(service):
    kept = service.keep(**STATED)
    tags = [service.ask("GET", place_of(kept)).headers["etag"]]
    stated = {"identifier": "SITE-0042"} | STATED
    for change in (
        lambda: patch(service, kept, {"arm": "placebo"}, tag=tags[0]),
        lambda: put(service, kept, stated, tag=tags[1]),
        lambda: patch(service, kept, {"covariates": {"crp": None}}, tag=tags[2]),
    ):
        changed = change()
        assert changed.status_code == 200
        assert service.ask("GET", place_of(kept)).headers["etag"] == changed.headers["etag"]
        tags.append(changed.headers["etag"])
    assert len(set(tags)) == len(tags)
    now = seen(service, kept)
    same = facts_of(now)
    for unchanged in (
        patch(service, kept, {}),
        put(service, kept, same),
        patch(service, kept, same),
    ):
        assert (unchanged.status_code, unchanged.headers["etag"]) == (200, tags[-1])
        assert unchanged.json() == now
    history = service.ask("GET", f"{place_of(kept)}/history").json()["items"]
    assert [version["version"] for version in history] == [1, 2, 3, 4]


@pytest.mark.parametrize("tag", ['"2"', "*", ' "2" ', '"1", "2"', '"x","2",W/"3"', '"1", *'])
def test_a_tag_of_the_newest_version_lets_the_change_through(service, tag):
    kept = service.keep()
    patch(service, kept, {"alsfrs_r": 40})
    assert patch(service, kept, {"alsfrs_r": 39}, tag=tag).status_code == 200


@pytest.mark.parametrize("tag", ['"1"', '"3"', 'W/"2"', "2", '"1","3"', "x", '"', '""', "**", ","])
def test_any_other_tag_does_not(service, tag):
    kept = service.keep()
    patch(service, kept, {"alsfrs_r": 40})
    place, before = place_of(kept), seen(service, kept)
    for method, body in [("PUT", SOMEBODY), ("PATCH", {}), ("DELETE", None)]:
        answer = service.ask(method, place, json=body, headers={"if-match": tag})
        assert_problem(answer, "precondition-failed")
    assert seen(service, kept) == before


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "DELETE a measurement"])
def test_who_sends_everything_wrong_learns_the_first_thing_first(service, method):
    kept = service.keep()
    level = service.measure(kept)["id"]
    tail = f"/measurements/{level}" if "measurement" in method else ""
    verb = method.split()[0]
    wrong = {} if verb == "DELETE" else {"json": {"alsfrs_r": 49, "x": 1}}
    other = {"if-match": '"99"'}

    def ask(place, headers, **options):
        return service.ask(verb, place + tail, headers=headers, **wrong, **options)

    nobody = f"/v1/patients/{NOWHERE}"
    assert ask(place_of(kept), other, by=None).status_code == 401
    assert ask(nobody, other, by=("North", "viewer")).status_code == 403
    assert_problem(ask(nobody, {}), "not-found")
    assert_problem(ask(nobody, other), "not-found")
    assert_problem(ask(place_of(kept), {}), "precondition-required")
    assert_problem(ask(place_of(kept), {"if-match": ""}), "precondition-required")
    assert_problem(ask(place_of(kept), other), "precondition-failed")
    if wrong:
        assert "/alsfrs_r" in assert_problem(ask(place_of(kept), ANY), "validation-error")
    assert seen(service, kept) == kept
    assert service.ask("GET", f"{place_of(kept)}/measurements/{level}").status_code == 200


def test_fifty_clients_that_match_what_they_read_lose_no_update(service):
    kept = service.keep(alsfrs_r=0, covariates={})

    def count_up(name):
        for _ in range(500):
            read = service.ask("GET", place_of(kept))
            one_more = {"alsfrs_r": read.json()["alsfrs_r"] + 1, "covariates": {name: 1}}
            if patch(service, kept, one_more, tag=read.headers["etag"]).status_code == 200:
                return True
        return False

    clients = 48  # the highest alsfrs_r there is
    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(count_up, [f"c{number}" for number in range(clients)]))
    last = seen(service, kept)
    assert (last["alsfrs_r"], len(last["covariates"])) == (clients, clients)
    history = service.ask("GET", f"{place_of(kept)}/history").json()["items"]
    assert [one["patient"]["alsfrs_r"] for one in history] == list(range(clients + 1))


def test_an_identifier_can_be_changed_to_one_that_is_free(service):
    kept = service.keep()
    assert patch(service, kept, {"identifier": "SITE-0043"}).status_code == 200
    other = service.keep(identifier="SITE-0042")
    taken = {"/identifier": "identifier_taken"}
    assert codes(patch(service, kept, {"identifier": "SITE-0042"}), "conflict") == taken
    assert codes(put(service, other, {"identifier": "SITE-0043"}), "conflict") == taken
    assert patch(service, kept, {"identifier": "SITE-0043"}).status_code == 200  # their own
    assert seen(service, kept)["identifier"] == "SITE-0043"


def test_another_clinics_identifier_is_free(service):
    service.keep(by=("South", "editor"), identifier="SITE-0099")
    assert patch(service, service.keep(), {"identifier": "SITE-0099"}).status_code == 200


def test_two_who_take_one_identifier_at_once_are_one_change_and_one_conflict(service):
    kept = [service.keep(identifier=f"P-{number}") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        sent = list(pool.map(lambda one: patch(service, one, {"identifier": "SITE-7"}), kept))
    assert sorted(one.status_code for one in sent) == [200] + 7 * [409]


def test_the_identifier_of_a_deleted_patient_is_free_again(service):
    kept = service.keep()
    service.ask("DELETE", place_of(kept), headers=ANY)
    assert service.keep()["id"] != kept["id"]


def test_a_deleted_patient_is_found_by_nobody_but_in_their_past(service):
    kept = service.keep(**STATED)
    level = service.measure(kept)
    tag = service.ask("GET", place_of(kept)).headers["etag"]
    gone = service.ask("DELETE", place_of(kept), headers={"if-match": tag})
    assert (gone.status_code, gone.content) == (204, b"")
    place, measured = place_of(kept), f"{place_of(kept)}/measurements"
    for method, path, body in [
        ("GET", place, None), ("PUT", place, SOMEBODY), ("PATCH", place, {}),
        ("DELETE", place, None), ("GET", measured, None),
        ("POST", measured, {"biomarker": "pnfh", "value": 1, "unit": "pg/mL", "specimen": "csf"}),
        ("GET", f"{measured}/{level['id']}", None), ("DELETE", f"{measured}/{level['id']}", None),
        ("GET", f"{place}/estimate", None), ("GET", f"{place}/estimates", None),
        ("POST", f"{place}/estimates", {}),
    ]:  # fmt: skip
        options = {} if body is None else {"json": body}
        assert_problem(service.ask(method, path, headers=ANY, **options), "not-found")
    assert service.ask("GET", "/v1/patients").json()["items"] == []
    history = service.ask("GET", f"{place}/history").json()["items"]
    assert [version["change"] for version in history] == ["created", "deleted"]
    assert [version["patient"]["arm"] for version in history] == ["il2ld", "il2ld"]
    export = service.ask("GET", f"{place}/export").json()
    assert [one["id"] for one in export["measurements"]] == [level["id"]]
    assert service.ask("POST", f"{place}/erase", by=("North", "admin")).status_code == 200


def test_a_deleted_measurement_is_in_no_list_and_no_estimate(service):
    kept = service.keep()
    earlier = service.measure(kept, value=5000, collected_at="2024-01-01")
    latest = service.measure(kept, value=1500, collected_at="2024-02-01")
    place = f"{place_of(kept)}/measurements/{latest['id']}"
    tag = service.ask("GET", place).headers["etag"]
    assert service.ask("DELETE", place, headers={"if-match": tag}).status_code == 204
    for method in ("GET", "DELETE"):
        assert_problem(service.ask(method, place, headers=ANY), "not-found")
    listed = service.ask("GET", f"{place_of(kept)}/measurements").json()["items"]
    assert [one["id"] for one in listed] == [earlier["id"]]
    estimate = service.ask("GET", f"{place_of(kept)}/estimate").json()
    assert estimate["input"]["given"]["value"] == 5000


def test_the_past_tells_who_changed_what_when(service):
    kept = service.keep()
    patch(service, kept, {"alsfrs_r": 40}, by=("North", "admin"))
    history = service.ask("GET", f"{place_of(kept)}/history", by=("North", "viewer")).json()
    first, second = history["items"]
    assert (first["change"], second["change"]) == ("created", "updated")
    assert (first["patient"]["alsfrs_r"], second["patient"]["alsfrs_r"]) == (None, 40)
    assert first["changed_at"] == kept["created_at"] < second["changed_at"]
    assert first["changed_by"] != second["changed_by"]
    assert second["patient"] == seen(service, kept)
