"""Small groups of a clinic's patients are not told, nor told by any answers together."""

import random
from itertools import product

import pytest

from app.clinic.access import Role
from app.cohort.disclosure import Disclosures, Verdict
from tests.api.clinics import Service, make_keys, open_service
from tests.api.own_cohort import (
    SURVIVAL,
    ask,
    describe,
    excluded,
    followed,
    import_patients,
    notices,
)
from tests.properties.test_disclosure import nested_differences

MINIMUM = 10
HIDDEN = ("n", "events", "curve", "median", "median_follow_up", "rmst", "last_follow_up")


def patients(**sizes):
    """So many patients of each arm, who die on the days 1, 2, 3 and so on."""
    return [
        one
        for arm, n in sizes.items()
        for one in followed(" ".join(map(str, range(1, n + 1))), arm=arm)
    ]


def shown(found):
    """The number of patients of each arm; None where it is not told."""
    for group in found["groups"]:
        assert group["suppressed"] == (group.get("n") is None)
        if group["suppressed"]:
            assert not any(group.get(name) for name in HIDDEN)
            assert not group.get("survival_at")
    return {group["group"]["arm"]: group.get("n") for group in found["groups"]}


def is_refused(found):
    """Whether nothing is told but that nothing is told."""
    if "selection_suppressed" not in notices(found):
        return False
    assert (found["n_total"], found["n_used"], found["excluded"]) == (None, None, [])
    assert (found["log_rank"], found["contrasts"]) == (None, [])
    assert all(group["suppressed"] for group in found["groups"])
    return True


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"a": 20, "b": 15}, {"a": 20, "b": 15}),
        ({"a": 20, "b": 15, "c": 4}, {"a": 20, "b": None, "c": None}),
        ({"a": 20, "b": 15, "c": 4, "d": 6}, {"a": 20, "b": 15, "c": None, "d": None}),
        ({"a": 20, "c": 9}, {"a": None, "c": None}),
    ],
)
def test_a_small_group_is_hidden_and_the_next_smallest_with_it(service, sizes, expected):
    import_patients(service, patients(**sizes))
    found = describe(service, group_by=["arm"])
    assert shown(found) == expected
    assert ("small_groups_suppressed" in notices(found)) == (None in expected.values())
    told = [n for n in expected.values() if n]
    assert found["n_used"] == sum(sizes.values())
    assert found["n_used"] - sum(told) == 0 or found["n_used"] - sum(told) >= MINIMUM


def test_what_is_hidden_is_in_no_test_and_no_contrast(service):
    import_patients(service, patients(a=20, b=15, c=4, placebo=30))
    found = describe(service, group_by=["arm"])
    assert shown(found) == {"a": 20, "b": None, "c": None, "placebo": 30}
    assert found["log_rank"]["degrees_of_freedom"] == 1
    assert [one["group"] for one in found["contrasts"]] == [{"arm": "a"}]
    stratified = describe(service, group_by=["arm"], stratify_by=["arm"])
    assert stratified["log_rank"]["degrees_of_freedom"] == 0


def test_a_hidden_group_is_in_no_line_of_the_table(service):
    import_patients(service, patients(a=20, b=15, c=4))
    headers = {"accept": "text/csv"}
    answer = service.ask("POST", SURVIVAL, json={"group_by": ["arm"]}, headers=headers)
    assert {line.split(",")[0] for line in answer.text.splitlines()} == {"arm", "a"}


def test_few_patients_are_not_spoken_of(service):
    import_patients(service, patients(a=9))
    assert is_refused(describe(service))
    assert is_refused(describe(service, group_by=["arm"]))


def test_few_who_cannot_be_used_are_not_counted_either(service):
    import_patients(service, [*patients(a=20), {"arm": "b"}])
    assert excluded(describe(service)) == {"vital_status_unknown": 1}
    assert is_refused(describe(service, filter={"arm": "b"}))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {"filter": {"arm": {"ne": "c"}}}),
        ({}, {"filter": {"arm": ["a", "b"]}}),
        ({}, {"filter": {"x_n": {"gt": 3}}}),
        ({"filter": {"x_n": {"gte": 3}}}, {"filter": {"x_n": {"gt": 3}}}),
        ({"filter": {"x_n": {"gt": 3}}}, {"filter": {"x_n": {"gte": 3}}}),
        ({"group_by": ["arm"]}, {"filter": {"arm": "b"}}),
        ({"group_by": ["arm"]}, {"filter": {"arm": "b"}, "group_by": ["arm"]}),
        ({"group_by": ["arm"]}, {"filter": {"arm": ["a", "b"]}}),
        ({"filter": {"arm": "b"}}, {"filter": {"arm": ["b", "c"]}}),
    ],
)
def test_an_answer_that_differs_from_an_earlier_one_by_few_is_refused(service, first, second):
    rows = patients(a=20, b=15, c=4)
    import_patients(service, [row | {"x_n": place} for place, row in enumerate(rows)])
    assert not is_refused(describe(service, **first))
    assert is_refused(describe(service, **second))
    assert not is_refused(describe(service, **first))


def test_everybody_less_two_groups_does_not_tell_of_the_third(service):
    import_patients(service, patients(a=20, b=15, c=4))
    assert not is_refused(describe(service, filter={"arm": "a"}))
    assert not is_refused(describe(service, filter={"arm": "b"}))
    assert is_refused(describe(service))  # 39 - 20 - 15 = 4
    assert is_refused(describe(service, group_by=["arm"]))


def test_a_union_of_shown_and_hidden_groups_does_not_tell_of_the_hidden(service):
    import_patients(service, patients(a=30, b=20, c=15, d=3))
    found = describe(service, group_by=["arm"])
    assert shown(found) == {"a": 30, "b": 20, "c": None, "d": None}
    # No set that was told differs from it by few, yet 68 - 20 - 45 = 3.
    assert is_refused(describe(service, filter={"arm": ["a", "c"]}))


def test_another_clinic_asks_for_itself(service):
    import_patients(service, patients(a=20, b=15, c=4))
    south = ("South", Role.EDITOR)
    import_patients(service, patients(a=20, b=15, c=4), by=south)
    assert not is_refused(describe(service))
    assert not is_refused(describe(service, by=south, filter={"arm": {"ne": "c"}}))


def test_a_change_in_the_records_begins_anew(service):
    import_patients(service, patients(a=20, b=15, c=4))
    assert not is_refused(describe(service))
    assert is_refused(describe(service, filter={"arm": {"ne": "c"}}))
    import_patients(service, [{"identifier": "NEW"} | patients(a=1)[0]])
    assert not is_refused(describe(service, filter={"arm": {"ne": "c"}}))


N = 60


def a_random_cohort(seed):
    dice = random.Random(seed)
    return [
        {
            "follow_up_days": dice.randint(1, 700),
            "vital_status": dice.choice(["dead", "alive"]),
            "arm": dice.choice(["a", "a", "a", "b", "b", "c"]),
            "sex": dice.choice(["male", "female"]),
            "alsfrs_r": dice.randint(20, 48),
            "x_site": dice.choice([1, 1, 2, 2, 2, 3, 4]),
        }
        for _ in range(N)
    ]


FILTERS = [
    {},
    *({"arm": value} for value in "abc"),
    *({"arm": {"ne": value}} for value in "abc"),
    *({"sex": value} for value in ("male", "female")),
    *({"x_site": {operator: value}} for operator in ("ne", "lte") for value in (1, 2, 3)),
    *({"alsfrs_r": {operator: value}} for operator in ("gte", "lt") for value in range(22, 48, 3)),
    {"arm": ["a", "c"], "sex": "male"},
    {"arm": ["a", "b"], "x_site": {"lt": 4}},
]
GROUPINGS = [[], ["arm"], ["x_site"], ["sex", "arm"]]
COMPARE = {
    "ne": lambda one, other: one != other,
    "lt": lambda one, other: one < other,
    "lte": lambda one, other: one <= other,
    "gte": lambda one, other: one >= other,
}


def matches(row, wanted):
    for name, condition in wanted.items():
        if isinstance(condition, dict):
            ((operator, value),) = condition.items()
            if not COMPARE[operator](row[name], value):
                return False
        elif row[name] not in (condition if isinstance(condition, list) else [condition]):
            return False
    return True


def told_sets(service, rows, asked):
    """Every set of patients of whom an answer gave numbers."""
    told = []
    for wanted, names in asked:
        answer = ask(service, filter=wanted, group_by=names)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        if found["n_total"] is None:
            continue
        meant = frozenset(place for place, row in enumerate(rows) if matches(row, wanted))
        assert found["n_total"] == len(meant)
        told.append(meant)
        for group in found["groups"]:
            if not group["suppressed"]:
                own = group["group"].items()
                told.append(
                    frozenset(p for p in meant if all(rows[p][name] == v for name, v in own))
                )
                assert group["n"] == len(told[-1])
    return told


def questions(seed, n):
    dice = random.Random(seed)
    return [dice.choice(list(product(FILTERS, GROUPINGS))) for _ in range(n)]


@pytest.fixture
def on_sqlite(sqlite_settings):
    """Run the service where many questions take least."""
    keys = make_keys(sqlite_settings)
    with open_service(sqlite_settings) as client:
        yield Service(client, keys)


def search(service, rounds):
    """Ask some questions of several states of a cohort; give the few patients that follow."""
    rows, exposed = [], set()
    for seed in range(rounds):
        more = a_random_cohort(seed)
        import_patients(
            service, [{"identifier": f"{seed}-{place}"} | row for place, row in enumerate(more)]
        )
        rows += more
        exposed |= nested_differences(told_sets(service, rows, questions(seed, 60)))
    return exposed


def test_no_two_answers_differ_by_few_patients(on_sqlite):
    assert search(on_sqlite, rounds=3) == set()


def test_the_search_finds_few_patients_where_everything_is_told(on_sqlite, monkeypatch):
    def allow(self, question, meant, groups, sizes):
        del self, question, meant, sizes
        return Verdict(is_allowed=True, shown=(True,) * len(groups))

    monkeypatch.setattr(Disclosures, "judge", allow)
    assert search(on_sqlite, rounds=1) != set()
