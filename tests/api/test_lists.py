"""Lists of patients and measurements: order, bounds, cursors, and writers who do not wait."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count, pairwise
from random import Random
from threading import Event
from urllib.parse import parse_qs, urlsplit

import pytest

from app.clinic.access import Role

LIST = "/v1/patients"
VIEWER = ("North", Role.VIEWER)
SOUTH = ("South", Role.VIEWER)
SORTS = ["created_at", "updated_at", "identifier"]


def follow(service, path):
    """Give every page from here to the end, by the links."""
    pages = []
    while path:
        answer = service.ask("GET", path, by=VIEWER)
        assert answer.status_code == 200, answer.text
        pages.append(answer.json())
        path = answer.links.get("next", {}).get("url")
    return pages


def items(pages):
    return [item for page in pages for item in page["items"]]


def change(service, patient, **facts):
    headers = {"if-match": "*"}
    path = f"{LIST}/{patient['id']}"
    answer = service.ask("PATCH", path, json=facts, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def seven(service):
    """Keep seven patients, of whom the third and then the first have changed since."""
    names = ["b", "B", "a-1", "a_1", "A", "a_b", "a.1"]
    kept = [service.keep(identifier=name) for name in names]
    for place in (2, 0):
        kept[place] = change(service, kept[place], alsfrs_r=40)
    return kept


@pytest.mark.parametrize("name", SORTS)
@pytest.mark.parametrize("sign", ["", "-"])
def test_a_list_is_sorted_as_asked_on_every_page(service, seven, name, sign):
    pages = follow(service, f"{LIST}?limit=3&sort={sign}{name}")
    assert [len(page["items"]) for page in pages] == [3, 3, 1]
    expected = sorted(seven, key=lambda one: one[name], reverse=sign == "-")
    assert items(pages) == expected


def test_a_list_is_in_order_of_creation_unless_asked(service, seven):
    assert items(follow(service, LIST)) == seven


def test_only_who_was_kept_in_time_is_listed(service, seven):
    since, until = seven[2]["created_at"], seven[5]["created_at"]
    bounds = {"created_since": since, "created_until": until}
    answer = service.ask("GET", LIST, by=VIEWER, params=bounds)
    assert answer.json()["items"] == seven[2:5]  # from the first instant to before the last


def test_who_changed_since_is_listed_and_who_did_not_is_not(service, seven):
    since = seven[2]["updated_at"]  # changed before the first one was
    answer = service.ask("GET", LIST, by=VIEWER, params={"updated_since": since})
    assert answer.json()["items"] == [seven[0], seven[2]]


def test_a_day_stands_for_its_beginning(service, seven):
    day = seven[0]["created_at"][:10]
    assert service.ask("GET", f"{LIST}?created_since={day}").json()["items"] == seven
    assert service.ask("GET", f"{LIST}?created_until={day}").json()["items"] == []


def test_the_link_keeps_what_was_asked(service, seven):
    query = "sort=-identifier&created_since=2024-01-01T00:00:00%2B01:00&limit=2"
    answer = service.ask("GET", f"{LIST}?{query}", by=VIEWER)
    asked = parse_qs(urlsplit(answer.links["next"]["url"]).query)
    assert asked == {
        "sort": ["-identifier"],
        "created_since": ["2024-01-01T00:00:00+01:00"],
        "limit": ["2"],
        "cursor": [answer.json()["next_cursor"]],
    }


@pytest.mark.parametrize("name", ["sex", "identifier", "onset_date", "x_crp", "pnfh", "stratum"])
def test_facts_in_an_address_are_shown_the_way_to_the_search(service, name):
    answer = service.ask("GET", f"{LIST}?{name}=MARKED", by=VIEWER)
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == (f"/{name}", "unknown_field")
    assert "POST /v1/patients/search" in fault["detail"]
    assert "MARKED" not in answer.text


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("sort=alsfrs_r", "/sort", "literal_error"),
        ("sort=", "/sort", "literal_error"),
        ("sort=created_at&sort=identifier", "/sort", "repeated"),
        ("created_since=yesterday", "/created_since", "not_a_date"),
        ("created_until=2024-01-01T00:00:00", "/created_until", "not_an_instant"),
        ("updated_since=2024-02-30", "/updated_since", "not_a_date"),
        ("created_sinse=2024-01-01", "/created_sinse", "unknown_field"),
    ],
)
def test_a_list_that_cannot_be_is_refused(service, query, pointer, code):
    answer = service.ask("GET", f"{LIST}?{query}", by=VIEWER)
    assert answer.status_code == 422
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, code)]


def next_cursor(service, **asked):
    asked = {"limit": 2} | asked
    return service.ask("GET", LIST, by=VIEWER, params=asked).json()["next_cursor"]


def is_refused(answer):
    if answer.status_code != 422:
        return False
    return [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
        ("/cursor", "invalid_cursor")
    ]


def test_a_cursor_serves_its_own_clinic_list_order_and_choice_alone(service, seven):
    for number in range(3):
        service.keep(by=("South", Role.EDITOR), identifier=f"P-{number}")
    cursor = next_cursor(service, created_since="2024-01-01")
    own = {"cursor": cursor, "created_since": "2024-01-01"}
    assert service.ask("GET", LIST, by=VIEWER, params=own).json()["items"] == seven[2:]
    place = f"{LIST}/{seven[0]['id']}"
    for path, by, asked in [
        (LIST, SOUTH, own),
        (LIST, VIEWER, {"cursor": cursor}),
        (LIST, VIEWER, own | {"created_since": "2024-01-02"}),
        (LIST, VIEWER, own | {"created_until": seven[6]["created_at"]}),
        (LIST, VIEWER, own | {"sort": "-created_at"}),
        (LIST, VIEWER, own | {"sort": "identifier"}),
        (f"{place}/measurements", VIEWER, {"cursor": cursor}),
        (f"{place}/history", VIEWER, {"cursor": cursor}),
    ]:
        assert is_refused(service.ask("GET", path, by=by, params=asked)), (path, by, asked)
    body = {"cursor": cursor, "filter": {"created_at": {"gte": "2024-01-01"}}}
    assert is_refused(service.ask("POST", f"{LIST}/search", by=VIEWER, json=body))


def test_a_cursor_with_anything_changed_is_refused(service, seven):
    cursor = next_cursor(service)
    random = Random(3)
    broken = ["", "x", "A" * 64, "A" * 10_000, cursor * 2, f"{cursor}=", f"{cursor}\n", "é", "\0"]
    broken += [
        cursor[:place] + random.choice("AB_-") + cursor[place + 1 :]
        for place in random.sample(range(len(cursor)), 20)
    ]
    for one in broken:
        if one != cursor:
            assert is_refused(service.ask("GET", LIST, by=VIEWER, params={"cursor": one})), one


def test_a_page_can_be_of_another_size_than_the_one_before(service, seven):
    asked = {"cursor": next_cursor(service), "limit": 200}
    assert service.ask("GET", LIST, by=VIEWER, params=asked).json()["items"] == seven[2:]


def test_the_same_page_has_the_same_tag(service, seven):
    first = service.ask("GET", f"{LIST}?limit=2", by=VIEWER)
    tag = {"if-none-match": first.headers["etag"]}
    again = service.ask("GET", f"{LIST}?limit=2", by=VIEWER, headers=tag)
    assert (again.status_code, again.content) == (304, b"")


def test_who_was_deleted_is_not_listed_and_ends_no_walk(service, seven):
    asked = {"cursor": next_cursor(service)}
    for gone in (seven[1], seven[4]):  # the one that the cursor stands on, and one to come
        path = f"{LIST}/{gone['id']}"
        assert service.ask("DELETE", path, headers={"if-match": "*"}).status_code == 204
    answer = service.ask("GET", LIST, by=VIEWER, params=asked)
    assert answer.json()["items"] == [seven[place] for place in (2, 3, 5, 6)]


def test_the_account_of_a_list_tells_how_many_were_shown(service, seven):
    service.ask("GET", f"{LIST}?limit=5", by=VIEWER)
    service.measure(seven[0])
    service.ask("GET", f"{LIST}/{seven[0]['id']}/measurements", by=VIEWER)
    service.ask("GET", f"{LIST}/{seven[0]['id']}/history", by=VIEWER)
    events = service.ask("GET", "/v1/audit?limit=10", by=("North", Role.ADMIN)).json()["items"]
    counts = {event["action"]: event["count"] for event in events}
    assert counts["get_patients"] == 5
    assert counts["get_measurements"] == 1
    assert counts["get_patient_history"] == 2  # created, then changed


class Writers:
    """Adds, changes and deletes patients from several threads until told to stop."""

    def __init__(self, service):
        self.service = service
        self.stopped = Event()
        self.added, self.deleted = [], []
        self.numbers = count()

    def write(self, seed, own):
        random = Random(seed)
        # Slower than the walker, who is to stand where the new ones come in.
        while not self.stopped.wait(0.02):
            self.add(own)
            patient = random.choice(own)
            if random.random() < 0.5:
                change(self.service, patient, alsfrs_r=random.randrange(49))
            elif len(own) > 3:
                own.remove(patient)
                self.deleted.append(patient["id"])
                path = f"{LIST}/{patient['id']}"
                headers = {"if-match": "*"}
                assert self.service.ask("DELETE", path, headers=headers).status_code == 204

    def add(self, own):
        own.append(self.service.keep(identifier=f"P-{next(self.numbers)}"))
        self.added.append(own[-1]["id"])


def walk(service, sort, writers, working):
    """Walk a list among writers, stop them in a while, go on to the end; give the items."""
    seen, asked, pages, goes_on = [], {"limit": 2, "sort": sort}, 0, True
    while goes_on:
        pages += 1
        if pages == 200:
            writers.stopped.set()
        nobody_writes = all(one.done() for one in working)
        page = service.ask("GET", LIST, by=VIEWER, params=asked).json()
        # The end of a list that grows is no end: the same page is asked for again.
        if page["next_cursor"] is not None or nobody_writes:
            seen += page["items"]
            asked["cursor"] = page["next_cursor"]
        goes_on = page["next_cursor"] is not None or not nobody_writes
    return seen


@pytest.mark.parametrize("sort", ["created_at", "updated_at"])
def test_a_walk_among_writers_misses_and_repeats_nobody(service, sort):
    writers, groups = Writers(service), [[], [], []]
    for group in groups:
        for _ in range(4):
            writers.add(group)
    before = len(writers.added)
    with ThreadPoolExecutor(len(groups)) as pool:
        working = [pool.submit(writers.write, seed, own) for seed, own in enumerate(groups)]
        try:
            seen = walk(service, sort, writers, working)
        finally:
            writers.stopped.set()
    assert all(one.exception() is None for one in working)
    assert len(writers.added) > before
    assert set(writers.added) - set(writers.deleted) <= {item["id"] for item in seen}
    times = [item[sort] for item in seen]
    assert all(one < other for one, other in pairwise(times))  # so nothing comes twice
    if sort == "updated_at":
        now = {(item["id"], item["updated_at"]) for item in items(follow(service, LIST))}
        assert now <= {(item["id"], item["updated_at"]) for item in seen}


def test_measurements_are_walked_in_the_order_they_were_recorded(service):
    patient = service.keep()
    kept = [service.measure(patient, value=value) for value in range(1, 8)]
    pages = follow(service, f"{LIST}/{patient['id']}/measurements?limit=3")
    assert [len(page["items"]) for page in pages] == [3, 3, 1]
    assert items(pages) == kept
