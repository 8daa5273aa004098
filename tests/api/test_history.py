"""The history of a patient, page by page."""

import pytest

from app.clinic.access import Role

VIEWER = ("North", Role.VIEWER)


@pytest.fixture
def place(service):
    """Keep a patient in five versions; give where they are."""
    patient = service.keep()
    place = f"/v1/patients/{patient['id']}"
    for points in (40, 39, 38, 37):
        headers = {"if-match": "*"}
        answer = service.ask("PATCH", place, json={"alsfrs_r": points}, headers=headers)
        assert answer.status_code == 200, answer.text
    return place


def follow(service, path):
    pages = []
    while path:
        answer = service.ask("GET", path, by=VIEWER)
        assert answer.status_code == 200, answer.text
        pages.append(
            [(one["version"], one["patient"]["alsfrs_r"]) for one in answer.json()["items"]]
        )
        path = answer.links.get("next", {}).get("url")
    return pages


ALL = [(1, None), (2, 40), (3, 39), (4, 38), (5, 37)]


@pytest.mark.parametrize(
    ("limit", "sizes"),
    [(1, [1] * 5), (2, [2, 2, 1]), (3, [3, 2]), (4, [4, 1]), (5, [5]), (6, [5]), (200, [5])],
)
def test_each_version_is_met_once_the_first_one_first(service, place, limit, sizes):
    pages = follow(service, f"{place}/history?limit={limit}")
    assert [len(page) for page in pages] == sizes
    assert [one for page in pages for one in page] == ALL


def test_the_history_of_the_deleted_is_read_to_the_end(service, place):
    assert service.ask("DELETE", place, headers={"if-match": "*"}).status_code == 204
    pages = follow(service, f"{place}/history?limit=4")
    assert [one for page in pages for one in page] == [*ALL, (6, 37)]


def test_a_version_that_is_made_meanwhile_comes_last_and_once(service, place):
    first = service.ask("GET", f"{place}/history?limit=3", by=VIEWER)
    headers = {"if-match": "*"}
    service.ask("PATCH", place, json={"alsfrs_r": 36}, headers=headers)
    assert follow(service, first.links["next"]["url"]) == [[(4, 38), (5, 37), (6, 36)]]


def test_who_has_a_page_of_the_history_already_gets_304(service, place):
    path = f"{place}/history?limit=2"
    tag = {"if-none-match": service.ask("GET", path, by=VIEWER).headers["etag"]}
    service.ask("PATCH", place, json={"alsfrs_r": 36}, headers={"if-match": "*"})
    assert service.ask("GET", path, by=VIEWER, headers=tag).status_code == 304  # the past is past
    whole = service.ask("GET", f"{place}/history", by=VIEWER)
    assert service.ask("GET", f"{place}/history", headers=tag).status_code == 200
    assert whole.headers["etag"] != tag["if-none-match"]


def test_a_cursor_serves_the_history_of_one_patient_alone(service, place):
    cursor = service.ask("GET", f"{place}/history?limit=2").json()["next_cursor"]
    other = f"/v1/patients/{service.keep(identifier='P-2')['id']}"
    for path, sent in [
        (f"{other}/history", cursor),
        (f"{place}/measurements", cursor),
        (f"{place}/history", cursor[:-1] + "-_"[cursor[-1] == "-"]),
        (f"{place}/history", "A" * 10_000),
        (f"{place}/history", ""),
    ]:
        answer = service.ask("GET", path, by=VIEWER, params={"cursor": sent})
        assert answer.status_code == 422
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
            ("/cursor", "invalid_cursor")
        ]


def test_nobody_reads_another_clinics_history(service, place):
    assert service.ask("GET", f"{place}/history", by=("South", Role.ADMIN)).status_code == 404
