"""`POST /v1/cohort/survival`: the clinic's own curves, and where every record went."""

import csv
import io
from math import exp, log, sqrt

import numpy as np
import pytest

from app.clinic.access import Role
from app.cohort.curves.description import Wishes
from app.cohort.curves.description import describe as describe_science
from app.cohort.follow_up import FollowUp
from tests.api.own_cohort import (
    SURVIVAL,
    TWO_ARMS,
    VIEWER,
    ask,
    describe,
    excluded,
    followed,
    import_patients,
    keep_two_arms,
    notices,
    only,
    open_to_all,
)

Z = 1.959963984540054  # R: qnorm(0.975)


@pytest.fixture
def shown(settings):
    """Run the service so that every group is shown, however small."""
    with open_to_all(settings) as service:
        yield service


def by_arm(found):
    return {group["group"]["arm"]: group for group in found["groups"]}


# GDC's documented example: seven patients, of whom three died.
SEVEN = "1 2+ 3+ 4 5+ 6 7+"


def test_the_curve_falls_at_the_day_of_a_death(shown):
    import_patients(shown, followed(SEVEN))
    group = only(describe(shown, times=[0, 1, 3.5, 4, 6, 7, 8]))
    steps = [1, 6 / 7, 6 / 7, 6 / 7, 6 / 7 * 3 / 4, 6 / 7 * 3 / 4, 6 / 7 * 3 / 4 * 1 / 2, 9 / 28]
    assert group["curve"]["survival"] == pytest.approx(steps)
    assert [round(s, 3) for s in (steps[1], steps[4], steps[6])] == [0.857, 0.643, 0.321]
    assert group["curve"]["time"] == [0, 1, 2, 3, 4, 5, 6, 7]
    assert group["curve"]["at_risk"] == [7, 7, 6, 5, 4, 3, 2, 1]
    assert group["curve"]["events"] == [0, 1, 0, 0, 1, 0, 1, 0]
    assert group["curve"]["censored"] == [0, 0, 1, 1, 0, 1, 0, 1]
    at = group["survival_at"]
    assert [row["survival"] for row in at] == pytest.approx(
        [1, 6 / 7, 6 / 7, 9 / 14, 9 / 28, 9 / 28, None]
    )
    assert [row["at_risk"] for row in at] == [7, 7, 4, 4, 2, 1, 0]
    assert group["median"]["value"] == 6
    assert group["median"]["reached"]
    # To day 7: 1 day at 1, 3 at 6/7, 2 at 9/14, 1 at 9/28.
    assert group["rmst"]["value"] == pytest.approx(1 + 3 * 6 / 7 + 2 * 9 / 14 + 9 / 28)


def log_log(survival, variance, z):
    """Kalbfleisch and Prentice: S^exp(-+ z se), se of log(-log S) by Greenwood."""
    width = z * sqrt(variance) / abs(log(survival))
    return survival ** exp(width), survival ** exp(-width)


def test_bands_are_log_log_at_the_level_that_was_asked_for(shown):
    import_patients(shown, followed(SEVEN))
    for level, z in [(0.95, Z), (0.9, 1.6448536269514722)]:  # R: qnorm(0.95)
        found = describe(shown, level=level)
        curve = only(found)["curve"]
        bounds = curve["lower"][4], curve["upper"][4]
        assert bounds == pytest.approx(log_log(9 / 14, 1 / (7 * 6) + 1 / (4 * 3), z))
        assert found["level"] == level


def test_an_answer_is_what_the_science_computes(shown):
    import_patients(shown, TWO_ARMS)
    days = np.array([row["follow_up_days"] for row in TWO_ARMS])
    event = np.array([row["vital_status"] == "dead" for row in TWO_ARMS]).astype(np.int8)
    codes = np.array([row["arm"] == "placebo" for row in TWO_ARMS]).astype(np.int32)
    computed = describe_science(
        FollowUp(days, event), codes, (True, True), 1, Wishes((5.0, 8.0)), strata=None, causes=None
    )
    found = describe(shown, group_by=["arm"], times=[5, 8])
    for group, science in zip(found["groups"], computed.groups, strict=True):
        assert group["curve"]["survival"] == science.table.survival.tolist()
        assert group["median"]["lower"] == science.median.lower
        assert group["rmst"]["standard_error"] == science.mean.standard_error
        assert group["median_follow_up"]["value"] == science.follow_up.value
    assert found["log_rank"]["statistic"] == computed.log_rank.statistic
    (contrast,) = found["contrasts"]
    assert contrast["group"] == {"arm": "il2ld"}
    assert contrast["reference"] == {"arm": "placebo"}
    means = [group["rmst"]["value"] for group in found["groups"]]
    assert contrast["rmst_difference"]["value"] == pytest.approx(means[0] - means[1])
    at = [group["survival_at"][1]["survival"] for group in found["groups"]]
    assert contrast["survival_difference"]["time"] == 8
    assert contrast["survival_difference"]["value"] == pytest.approx(at[0] - at[1])
    assert [row["time"] for row in contrast["survival_differences"]] == [5, 8]


def test_the_mean_is_restricted_to_the_day_asked_for_else_to_the_shortest_follow_up(shown):
    import_patients(shown, TWO_ARMS)
    assert {group["rmst"]["tau"] for group in describe(shown, group_by=["arm"])["groups"]} == {10}
    groups = by_arm(describe(shown, group_by=["arm"], tau=11))
    assert groups["il2ld"]["rmst"]["tau"] == 11
    assert groups["placebo"]["rmst"]["value"] is None
    assert groups["placebo"]["rmst"]["reason"] == "tau_past_last_follow_up"


def test_unknown_status_is_neither_a_death_nor_a_censoring(shown):
    unknown = [
        {"follow_up_days": 1, "vital_status": "unknown"},
        {"follow_up_days": 2},
        {"vital_status": "dead"},
        {"vital_status": "unknown"},
    ]
    import_patients(shown, [*followed("3 5+"), *unknown])
    found = describe(shown)
    assert (found["n_total"], found["n_used"]) == (6, 2)
    assert excluded(found) == {"vital_status_unknown": 3, "follow_up_missing": 1}
    assert only(found)["curve"]["time"] == [0, 3, 5]


def test_each_patient_is_left_out_once_and_for_the_first_reason(shown):
    rest = [{}, {"vital_status": "dead"}, *followed("4"), *followed("5", arm="il2ld")]
    import_patients(shown, [*rest, *followed("6", arm="il2ld", sex="male")])
    found = describe(shown, group_by=["arm"], stratify_by=["sex"])
    assert excluded(found) == {
        "vital_status_unknown": 1,
        "follow_up_missing": 1,
        "arm_missing": 1,
        "sex_missing": 1,
    }
    assert found["n_used"] == 1


def test_two_variables_make_the_groups_that_there_are(shown):
    patients = [
        *followed("1 2", arm="il2ld", c9orf72=True),
        *followed("3+", arm="placebo", c9orf72=False),
        *followed("4", arm="il2ld", c9orf72=False),
    ]
    import_patients(shown, patients)
    found = describe(shown, group_by=["arm", "c9orf72"])
    assert [(group["group"], group["n"]) for group in found["groups"]] == [
        ({"arm": "il2ld", "c9orf72": False}, 1),
        ({"arm": "il2ld", "c9orf72": True}, 2),
        ({"arm": "placebo", "c9orf72": False}, 1),
    ]
    assert {str(one["reference"]) for one in found["contrasts"]} == {
        str({"arm": "placebo", "c9orf72": False})
    }


def test_the_same_variables_may_make_groups_first_and_strata_next(shown):
    patients = [row | {"sex": ("male", "female")[i % 2]} for i, row in enumerate(TWO_ARMS)]
    import_patients(shown, patients)
    four = describe(shown, group_by=["arm", "sex"])
    two = describe(shown, group_by=["arm"], stratify_by=["sex"])
    assert [len(found["groups"]) for found in (four, two)] == [4, 2]


def hypergeometric(tables):
    """The log-rank statistic of two groups from n, n of the first, deaths, and of the first."""
    excess = sum(d1 - d * n1 / n for n, n1, d, d1 in tables)
    spread = sum(d * (n1 / n) * (1 - n1 / n) * (n - d) / (n - 1) for n, n1, d, _ in tables if n > 1)
    return excess**2 / spread


def test_the_log_rank_test_compares_within_strata(shown):
    first = [*followed("1 3", arm="a", sex="male"), *followed("2 4+", arm="b", sex="male")]
    second = [*followed("1 2+", arm="a", sex="female"), *followed("1 5", arm="b", sex="female")]
    import_patients(shown, [*first, *second])
    men = [(4, 2, 1, 1), (3, 1, 1, 0), (2, 1, 1, 1)]  # days 1, 2, 3
    women = [(4, 2, 2, 1), (1, 0, 1, 0)]  # days 1, 5
    test = describe(shown, group_by=["arm"], stratify_by="sex")["log_rank"]
    assert test["statistic"] == pytest.approx(hypergeometric([*men, *women]))
    assert test["stratified_by"] == ["sex"]
    together = [(8, 4, 3, 2), (5, 2, 1, 0), (3, 1, 1, 1), (1, 0, 1, 0)]  # days 1, 2, 3, 5
    test = describe(shown, group_by=["arm"])["log_rank"]
    assert test["statistic"] == pytest.approx(hypergeometric(together))
    assert test["degrees_of_freedom"] == 1


def test_a_patient_who_entered_late_is_at_risk_from_then_on(shown):
    import_patients(shown, [*followed("2 6+ 0"), *followed("10", entry_days=4.5)])
    found = describe(shown)
    # Where somebody entered late, whoever left on day 0 was never at risk, as in R.
    assert excluded(found) == {"follow_up_not_after_entry": 1}
    curve = only(found)["curve"]
    assert dict(zip(curve["time"], curve["at_risk"], strict=True)) == {0: 2, 2: 2, 6: 2, 10: 1}
    assert curve["survival"] == [1, 1 / 2, 1 / 2, 0]


def test_only_those_followed_past_the_landmark_count(shown):
    import_patients(shown, followed(SEVEN))
    group = only(describe(shown, landmark=3, times=[3, 4, 6]))
    assert group["n"] == 4
    assert group["curve"]["time"] == [3, 4, 5, 6, 7]
    assert [row["survival"] for row in group["survival_at"]] == [1, 3 / 4, 3 / 8]


def test_survival_of_those_alive_on_a_day_is_told_beside_the_curve(shown):
    import_patients(shown, followed(SEVEN))
    group = only(describe(shown, alive_at=3, times=[1, 4, 6]))
    assert group["conditional"]["alive_at"] == 3
    rows = group["conditional"]["survival_at"]
    assert [(row["time"], row["survival"]) for row in rows] == [(4, 3 / 4), (6, 3 / 8)]
    assert group["n"] == 7


VENTILATED = [
    *followed("1 5"),
    *followed("2+ 3+", event_type="niv"),
    {"follow_up_days": 4, "event_type": "tracheostomy"},
]


def test_ventilation_competes_with_death(shown):
    import_patients(shown, VENTILATED)
    found = describe(shown, competing=True, times=[1, 3, 5])
    assert excluded(found) == {"vital_status_unknown": 1}
    incidence = only(found)["cumulative_incidence"]
    # Of four: death on day 1, NIV on days 2 and 3, death on day 5.
    at = {
        cause: [row["probability"] for row in incidence[cause]["probability_at"]]
        for cause in ("death", "competing")
    }
    assert at["death"] == pytest.approx([1 / 4, 1 / 4, 1 / 4 + 1 / 4])
    assert at["competing"] == pytest.approx([0, 1 / 2, 1 / 2])


def test_with_ventilation_an_event_its_time_counts_whatever_the_status(shown):
    import_patients(shown, VENTILATED)
    found = describe(shown, endpoint="death_or_ventilation", competing=True)
    assert found["n_used"] == 5
    assert only(found)["events"] == 5
    assert only(found)["curve"]["survival"] == pytest.approx([1, 4 / 5, 3 / 5, 2 / 5, 1 / 5, 0])


FILTERS = [
    ({"arm": "il2ld"}, 6),
    ({"arm": {"ne": "il2ld"}}, 6),
    ({"stratum": "low"}, 3),
    ({"stratum": {"exists": False}}, 9),
    ({"pnfh": {"gte": 1500}}, 2),
    ({"x_site": "a"}, 4),
    ({"x_crp": {"lt": 3}}, 3),
    ({"x_crp": {"lt": 3}, "arm": "placebo"}, 0),
    ({"created_at": {"gte": "2020-01-01"}}, 12),
]


@pytest.fixture
def known(shown):
    """Keep twelve patients in two arms, some with levels and covariates."""
    keep_two_arms(shown)
    return shown


def test_a_filter_says_who_is_meant(known):
    found = {str(wanted): describe(known, filter=wanted)["n_total"] for wanted, _ in FILTERS}
    assert found == {str(wanted): n for wanted, n in FILTERS}


def test_a_stratum_is_that_of_the_latest_level(known):
    found = describe(known, group_by=["stratum"])
    assert excluded(found) == {"stratum_missing": 9}
    assert only(found)["group"] == {"stratum": "low"}


def test_the_levels_of_most_may_be_missing(known):
    found = describe(known, group_by=["pnfh"])
    assert [group["group"] for group in found["groups"]] == [
        {"pnfh": 1499}, {"pnfh": 1500}, {"pnfh": 1501}
    ]  # fmt: skip
    assert excluded(found) == {"pnfh_missing": 9}


def test_the_answer_comes_as_a_table_and_as_pictures(known):
    def wanted(accept):
        question = {"group_by": ["arm"]}
        headers = {"accept": accept}
        return known.ask("POST", SURVIVAL, by=VIEWER, json=question, headers=headers)

    table = wanted("text/csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    curves = by_arm(describe(known, group_by=["arm"]))
    for arm, group in curves.items():
        ours = [float(row["survival"]) for row in rows if row["arm"] == arm]
        assert ours == group["curve"]["survival"]
    assert wanted("image/svg+xml").text.startswith("<?xml")
    assert wanted("image/png").content.startswith(b"\x89PNG")
    assert wanted("application/pdf").status_code == 406
    for accept in ("text/csv", "image/svg+xml", "image/png"):
        answer = wanted(accept)
        assert answer.headers["content-type"].startswith(accept)
        assert answer.headers["cache-control"] == "no-store"


def test_an_answer_says_that_nobody_was_drawn_by_lot_and_who_was_simulated(shown):
    real, made_up = followed("1 2", arm="a"), followed("3 4", arm="b", x_synthetic="yes")
    import_patients(shown, [*real, *made_up])
    assert notices(describe(shown)) == ["synthetic_data", "observational"]
    assert notices(describe(shown, filter={"arm": "b"})) == ["synthetic_data", "observational"]
    assert notices(describe(shown, filter={"arm": "a"})) == ["observational"]


def test_another_clinics_patients_are_in_no_answer(shown):
    import_patients(shown, followed("1 2 3"))
    import_patients(shown, followed("4 5", arm="b"), by=("South", Role.EDITOR))
    assert describe(shown)["n_total"] == 3
    assert describe(shown, by=("South", Role.VIEWER))["n_total"] == 2


def test_who_asked_is_accounted_for_and_so_is_who_was_refused(known):
    describe(known)
    assert ask(known, group_by=["x_nobodys"]).status_code == 422
    audit = known.ask("GET", "/v1/audit", by=("North", Role.ADMIN)).json()["items"]
    ours = [one["status"] for one in audit if one["action"] == "describe_cohort"]
    assert sorted(ours) == [200, 422]
