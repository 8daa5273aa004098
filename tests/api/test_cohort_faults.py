"""What cannot be asked of a cohort is refused by name; a hard cohort has a truthful answer."""

import pytest

from tests.api.own_cohort import (
    SURVIVAL,
    VIEWER,
    ask,
    describe,
    excluded,
    followed,
    import_patients,
    keep_two_arms,
    only,
    open_to_all,
)


@pytest.fixture
def shown(settings):
    """Run the service so that every group is shown, however small."""
    with open_to_all(settings) as service:
        yield service


@pytest.fixture
def known(shown):
    """Keep twelve patients in two arms, some with levels and covariates."""
    keep_two_arms(shown)
    return shown


FAULTS = [
    ({"group_by": ["stratums"]}, "/group_by/0", "unknown_variable", "Did you mean stratum?"),
    ({"group_by": ["identifier"]}, "/group_by/0", "unknown_variable", ""),
    ({"group_by": ["x_nobodys"]}, "/group_by/0", "unknown_variable", "x_nobodys"),
    ({"stratify_by": ["x_nobodys"]}, "/stratify_by/0", "unknown_variable", "x_nobodys"),
    ({"group_by": ["arm", "arm"]}, "/group_by", "repeated", ""),
    ({"group_by": ["arm", "sex", "ftd", "stratum"]}, "/group_by", "", ""),
    ({"filter": {"identifier": "P-1"}}, "/filter/identifier", "", ""),
    ({"filter": {"id": "P-1"}}, "/filter/id", "", ""),
    ({"filter": {"nothing": 1}}, "/filter/nothing", "", ""),
    ({"filters": {}}, "/filters", "", ""),
    ({"times": []}, "/times", "", ""),
    ({"times": [-1]}, "/times/0", "", ""),
    ({"times": ["5"]}, "/times/0", "", ""),
    ({"level": 0.4}, "/level", "out_of_range", ""),
    ({"level": 1}, "/level", "out_of_range", ""),
    ({"endpoint": "relapse"}, "/endpoint", "", ""),
    ({"competing": 1}, "/competing", "", ""),
]


def test_what_cannot_be_asked_is_refused_by_name(known):
    for question, pointer, code, words in FAULTS:
        answer = ask(known, **question)
        assert answer.status_code == 422, question
        (fault,) = answer.json()["errors"]
        assert fault["pointer"].startswith(pointer), question
        assert fault["code"] == (code or fault["code"]), question
        assert words in fault["detail"], question


def test_not_a_number_is_no_json(known):
    for text in ('{"times": [NaN]}', '{"tau": Infinity}', '{"level": NaN}'):
        headers = {"content-type": "application/json"}
        answer = known.ask("POST", SURVIVAL, by=VIEWER, content=text, headers=headers)
        assert answer.status_code in {400, 422}, text


def test_too_many_values_make_no_groups(shown):
    patients = [{**followed("5")[0], "x_n": n, "x_a": n % 8, "x_b": n // 8} for n in range(64)]
    import_patients(shown, patients)
    for names, pointer in [(["x_n"], "/group_by/0"), (["x_a", "x_b"], "/group_by")]:
        answer = ask(shown, group_by=names)
        assert answer.status_code == 422
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
            (pointer, "too_many_values")
        ]


HARD = {
    "nobody": [],
    "one, alive": followed("5+"),
    "one, dead": followed("5"),
    "one, dead at once": followed("0"),
    "all at once": followed("0 0 0+"),
    "all censored": followed("1+ 2+ 3+"),
    "all on one day": followed("4 4 4"),
    "nobody known": [{}, {"vital_status": "unknown", "follow_up_days": 3}],
}
QUESTIONS = [
    {},
    {"group_by": ["arm"], "stratify_by": ["sex"]},
    {"landmark": 4},
    {"landmark": 100_000, "competing": True},
    {"alive_at": 4, "competing": True, "times": [0, 4, 100_000]},
    {"tau": 0},
    {"tau": 100_000, "endpoint": "death_or_ventilation"},
    {"filter": {"arm": "none"}, "group_by": ["arm"]},
]


@pytest.mark.parametrize("name", HARD)
def test_a_hard_cohort_has_a_truthful_answer(shown, name):
    import_patients(shown, [row | {"arm": "il2ld", "sex": "male"} for row in HARD[name]])
    for question in QUESTIONS:
        describe(shown, **question)
    for accept in ("text/csv", "image/svg+xml"):
        headers = {"accept": accept}
        answer = shown.ask("POST", SURVIVAL, by=VIEWER, json=QUESTIONS[1], headers=headers)
        assert answer.status_code == 200, answer.text
        assert "NaN" not in answer.text


def test_of_nobody_there_is_no_group(shown):
    found = describe(shown, group_by=["arm"])
    assert (found["n_total"], found["n_used"], found["groups"]) == (0, 0, [])
    assert (found["log_rank"], found["contrasts"]) == (None, [])
    assert excluded(found) == {}


def test_where_nobody_died_nothing_falls_and_no_median_is_reached(shown):
    import_patients(shown, followed("1+ 2+ 3+"))
    group = only(describe(shown))
    assert group["curve"]["survival"] == [1, 1, 1, 1]
    assert group["median"] == {"value": None, "lower": None, "upper": None, "reached": False}


def test_where_all_died_on_one_day_the_curve_falls_to_nothing(shown):
    import_patients(shown, followed("4 4 4"))
    group = only(describe(shown))
    assert group["curve"]["survival"] == [1, 0]
    assert group["curve"]["lower"] == [1, None]
    assert group["median"]["value"] == 4
