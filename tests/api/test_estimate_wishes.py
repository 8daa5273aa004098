"""Times, survival from a day on, days past follow-up, and the assay's own imprecision."""

import pytest

from tests.api.refusals import codes

DEFAULT_TIMES = [180, 365, 540, 640]
LATER_TIMES = [730, 960]


def curves(client, **query):
    query = {"pnfh": "1500", "unit": "pg/mL"} | query
    return client.get("/v1/estimate", params=query).raise_for_status().json()


def times_of(rows):
    return [row["time"] for row in rows]


def test_survival_is_told_at_four_days_unless_others_are_asked_for(client):
    answer = curves(client)
    for arm in answer["survival_curves"]["arms"]:
        assert times_of(arm["survival_at"]) == DEFAULT_TIMES
    assert times_of(answer["treatment_effect"]["differences_at"]) == DEFAULT_TIMES


def test_days_asked_for_come_once_and_in_order_with_their_months(client):
    answer = curves(client, times="365,90.5,0,365.0,640")
    for arm in answer["survival_curves"]["arms"]:
        rows = arm["survival_at"]
        assert times_of(rows) == [0, 90.5, 365, 640]
        assert [row["months"] for row in rows] == [
            round(day / 30.4375, 1) for day in (0, 90.5, 365, 640)
        ]
        assert (rows[0]["survival"], rows[0]["lower"], rows[0]["upper"]) == (1, 1, 1)
    assert times_of(answer["treatment_effect"]["differences_at"]) == [0, 90.5, 365, 640]


@pytest.mark.parametrize("times", [None, "10", "0,320,640"])
def test_the_grid_is_the_same_whatever_days_are_asked_for(client, times):
    answer = curves(client, **({"times": times} if times else {}))
    for arm in answer["survival_curves"]["arms"]:
        assert arm["time"] == list(range(0, 641, 5))
        lengths = {len(arm[name]) for name in ("time", "survival", "lower", "upper")}
        assert lengths == {129}


def test_what_was_not_asked_for_is_not_there(client):
    assert not {"conditional", "extrapolated"} & curves(client)["survival_curves"].keys()
    later = curves(client, extrapolate="false")["survival_curves"]
    assert "extrapolated" not in later


def test_days_past_follow_up_stand_in_their_own_block_alone(client):
    found = curves(client, times="90,640,640.5,730", extrapolate="true")["survival_curves"]
    later = found["extrapolated"]
    for arm, late in zip(found["arms"], later["arms"], strict=True):
        assert times_of(arm["survival_at"]) == [90, 640]
        assert times_of(late["survival_at"]) == [640.5, 730]
        assert late["extrapolated"] is True
        assert (late["time"][0], late["time"][-1]) == (640, 960)
    assert (later["from"], later["horizon"]) == (640, 960)
    assert times_of(later["differences_at"]) == [640.5, 730]


def test_past_follow_up_there_are_days_by_default_too(client):
    later = curves(client, extrapolate="true")["survival_curves"]["extrapolated"]
    assert times_of(later["differences_at"]) == LATER_TIMES


def test_days_past_follow_up_change_nothing_within_it_but_a_warning(client):
    plain, further = curves(client), curves(client, extrapolate="true")
    del further["survival_curves"]["extrapolated"]
    warned = [w for w in further["warnings"] if w["code"] == "beyond_follow_up"]
    assert [w["severity"] for w in warned] == ["caution"]
    further["warnings"] = [w for w in further["warnings"] if w not in warned]
    assert further == plain


def test_only_days_past_follow_up_leave_none_within_it(client):
    found = curves(client, times="700", extrapolate="true")
    assert all(arm["survival_at"] == [] for arm in found["survival_curves"]["arms"])
    assert found["treatment_effect"]["differences_at"] == []


def test_survival_from_a_day_on_leaves_out_the_days_before_it(client):
    found = curves(client, alive_at="365", times="100,364.9,365,500")["survival_curves"]
    later = found["conditional"]
    assert later["alive_at"] == 365
    assert "randomisation" in later["meaning"]
    for arm in later["arms"]:
        assert times_of(arm["survival_at"]) == [365, 500]
        row = arm["survival_at"][0]
        assert (row["survival"], row["lower"], row["upper"]) == (1, 1, 1)
        assert 0 < arm["survival_at"][1]["survival"] < 1
    assert not any("difference" in name for name in later)


def test_from_day_zero_on_survival_is_as_it_was(client):
    found = curves(client, alive_at="0")["survival_curves"]
    for arm, later in zip(found["arms"], found["conditional"]["arms"], strict=True):
        for row, same in zip(arm["survival_at"], later["survival_at"], strict=True):
            assert same["survival"] == pytest.approx(row["survival"], rel=1e-12)


@pytest.mark.parametrize("level", ["600", "<800"])
def test_wishes_change_nothing_where_there_are_no_curves(client, level):
    bound = {"comparator": "<"} if level.startswith("<") else {}
    asked = {"pnfh": level.lstrip("<"), **bound}
    wished = curves(client, **asked, alive_at="10", extrapolate="true", times="700")
    assert wished == curves(client, **asked) | {"context": wished["context"]}
    assert wished["survival_curves"] is None


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ({"times": "641"}, {"/times": "out_of_range"}),
        ({"times": "961", "extrapolate": "true"}, {"/times": "out_of_range"}),
        ({"times": "-1"}, {"/times": "out_of_range"}),
        ({"times": "1e400"}, {"/times": "out_of_range"}),
        ({"times": ""}, {"/times": "not_a_number"}),
        ({"times": "90;180"}, {"/times": "not_a_number"}),
        ({"times": "90,"}, {"/times": "not_a_number"}),
        ({"times": "nan"}, {"/times": "not_a_number"}),
        ({"times": ",".join(map(str, range(51)))}, {"/times": "too_many"}),
        ({"alive_at": "640"}, {"/alive_at": "out_of_range"}),
        ({"alive_at": "-0.1"}, {"/alive_at": "out_of_range"}),
        ({"alive_at": "soon"}, {"/alive_at": "not_a_number"}),
        ({"extrapolate": "yes"}, {"/extrapolate": "literal_error"}),
        ({"assay_cv": "0"}, {"/assay_cv": "out_of_range"}),
        ({"assay_cv": "1.01"}, {"/assay_cv": "out_of_range"}),
        ({"assay_cv": "18.7%"}, {"/assay_cv": "not_a_number"}),
        ({"detail": "everything"}, {"/detail": "literal_error"}),
        ({"evidence": "encals-2018"}, {"/evidence": "unknown_evidence"}),
        (
            {"times": "641", "alive_at": "640", "assay_cv": "2"},
            {"/times": "out_of_range", "/alive_at": "out_of_range", "/assay_cv": "out_of_range"},
        ),
    ],
)
def test_a_wish_that_cannot_be_granted_is_refused(client, query, fault):
    answer = client.get("/v1/estimate", params={"pnfh": "1500"} | query)
    assert codes(answer) == fault


@pytest.mark.parametrize(
    ("wish", "fault"),
    [
        ({"times": []}, {"/times": "missing"}),
        ({"times": [641]}, {"/times": "out_of_range"}),
        ({"times": [640, 0, 640]}, None),
        ({"times": list(range(50))}, None),
        ({"times": list(range(51))}, {"/times": "too_long"}),
        ({"times": [1, "2", True]}, {"/times/1": "not_a_number", "/times/2": "not_a_number"}),
        ({"times": 90}, {"/times": "not_a_list"}),
        ({"alive_at": 640}, {"/alive_at": "out_of_range"}),
        ({"extrapolate": "true"}, {"/extrapolate": "not_a_boolean"}),
    ],
)
def test_a_wish_in_a_body_is_judged_as_one_in_a_query(client, wish, fault):
    body = {"pnfh": {"value": 1500, "unit": "pg/mL"}} | wish
    answer = client.post("/v1/estimates", json=body)
    assert answer.status_code == 200 if fault is None else codes(answer) == fault


def test_the_assays_own_imprecision_replaces_the_default(client):
    found, default = curves(client, assay_cv="0.08"), curves(client)
    assert found["stratum"]["assay_cv"] == 0.08
    assert found["stratum"]["assay_cv_provenance"]["kind"] == "given"
    assert default["stratum"]["assay_cv"] == 0.187
    told = {w["code"] for w in default["warnings"]} - {w["code"] for w in found["warnings"]}
    assert told == {"assay_cv_assumed"}


@pytest.mark.parametrize("spread", ["1e-300", "1e-20", "1"])
@pytest.mark.parametrize("level", ["0.0001", "750", "749.9999999", "3700", "1000000"])
def test_an_odd_imprecision_still_gives_probabilities(client, level, spread):
    members = curves(client, pnfh=level, assay_cv=spread)["stratum"]["membership"]
    chances = [member["probability"] for member in members]
    assert sum(chances) == pytest.approx(1, abs=1e-12)
    assert all(0 <= chance <= 1 for chance in chances)


def test_facts_are_judged_and_change_no_number(client):
    body = {"pnfh": {"value": 1500, "unit": "pg/mL"}}
    alone = client.post("/v1/estimates", json=body).json()
    told = client.post("/v1/estimates", json=body | {"patient": {"age": 80}}).json()
    assert alone["applicability"]["grade"] == "undetermined"
    assert told["applicability"]["grade"] == "not_applicable"
    assert {w["code"] for w in told["warnings"]} - {w["code"] for w in alone["warnings"]} == {
        "unlike_the_trial"
    }
    for part in ("stratum", "treatment_effect", "survival_curves", "context"):
        assert told[part] == alone[part]
