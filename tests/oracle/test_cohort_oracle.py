"""The answers of `data/cohort` are R's: as first looked at by hand, and as R gives them again.

The numbers here were read off R's own output when each analysis was first done with plain calls of
`coxph` and `survfit`. That the scripts of `r/cohort`, which build their designs themselves, give
the same says that they ask what they seem to ask.
"""

import json
from math import hypot

import pytest

from tests.oracle.datasets import NAMES, SCRIPTS, answers, rows
from tests.services.r import run_r

CHANGING = ("r", "survival_package", "date")


def near(value, digits):
    """As near as the last digit that was read."""
    return pytest.approx(value, rel=0, abs=0.6 * 10**-digits)


def asked(dataset, part="survival", **wanted):
    """The first question of a file that asks for all of this."""
    return next(
        question
        for question in answers(dataset)[part]
        if all(question[key] == value for key, value in wanted.items())
    )


def at(columns, value, name, key="time"):
    """What a column says in the row where another has this value."""
    return columns[name][columns[key].index(value)]


def coefficient(model, term, name="coefficient"):
    return at(model["coefficients"], term, name, "term")


def test_the_curve_of_lung_is_that_of_survfit():
    everybody = asked("lung", group_by=[])["groups"][0]
    points = {day: (alive, lower, upper) for day, alive, lower, upper in (
        (180, 0.7216707, 0.65830453, 0.7753147),
        (365, 0.4092416, 0.33871427, 0.4783808),
        (730, 0.1156931, 0.06763215, 0.1778252),
    )}  # fmt: skip
    for day, expected in points.items():
        found = [at(everybody["survival_at"], day, name) for name in ("survival", "lower", "upper")]
        assert found == near(expected, 7)
    assert everybody["median"] == {"value": 310, "lower": 284, "upper": 361}
    assert everybody["median_follow_up"]["value"] == 588
    assert everybody["rmst"]["value"] == near(263.22, 2)


def test_the_sexes_of_lung_differ_as_survdiff_says():
    question = asked("lung", group_by=["sex"], stratify_by=[], level=0.95)
    men, women = question["groups"]
    assert men["median"] == {"value": 270, "lower": 210, "upper": 306}
    assert women["median"] == {"value": 426, "lower": 345, "upper": 524}
    assert question["log_rank"]["statistic"] == near(10.326742, 6)
    difference = women["rmst"]["value"] - men["rmst"]["value"]
    assert difference == near(55.97032, 5)
    error = hypot(women["rmst"]["standard_error"], men["rmst"]["standard_error"])
    assert error == near(14.95813, 5)


@pytest.mark.parametrize(
    ("term", "value", "error"),
    [
        ("trt[2]", 0.303048095, 0.205655901),
        ("karno", -0.032685483, 0.00540885),
        ("age", -0.008903165, 0.009224283),
        ("celltype[smallcell]", 0.856340376, None),
        ("celltype[adeno]", 1.178807029, None),
        ("celltype[large]", 0.402332197, None),
    ],
)
def test_a_coefficient_of_veteran_is_that_of_coxph(term, value, error):
    model = asked("veteran", "models", name="all")
    assert coefficient(model, term) == near(value, 9)
    if error is not None:
        assert coefficient(model, term, "standard_error") == near(error, 8)


def test_the_fit_of_veteran_is_judged_as_r_judges_it():
    model = asked("veteran", "models", name="all")
    assert model["log_likelihood"]["model"] == near(-474.4578, 4)
    assert model["concordance"]["value"] == near(0.7384, 4)
    assert model["concordance"]["standard_error"] == near(0.02104, 5)
    tests = model["proportional_hazards"]
    for term, statistic in (("trt[2]", 0.284), ("karno", 12.977), ("age", 1.874)):
        assert at(tests, term, "statistic", "term") == near(statistic, 3)
    assert at(tests, "karno", "p_value", "term") == near(0.00032, 5)
    assert at(tests, "GLOBAL", "statistic", "term") == near(29.179, 3)
    assert at(tests, "GLOBAL", "degrees_of_freedom", "term") == 6


def test_the_arms_of_gbsg_differ_as_survdiff_says():
    question = asked("gbsg", group_by=["hormon"], stratify_by=["grade"])
    assert question["log_rank"]["statistic"] == near(8.564781, 6)
    assert question["stratified_log_rank"]["statistic"] == near(7.395797, 6)
    assert question["log_rank_rho_1"]["statistic"] == near(8.713791, 6)
    without, hormone = (group["rmst"] for group in question["groups"])
    assert without["value"] == near(1264.118, 3)
    assert without["standard_error"] == near(30.67397, 5)
    assert hormone["value"] == near(1413.422, 3)
    assert hormone["standard_error"] == near(37.90679, 5)


def test_those_of_gbsg_alive_at_a_day_live_on_as_the_curve_divided_by_itself():
    everybody = asked("gbsg", group_by=[], alive_at=None)["groups"][0]["survival_at"]
    ratio = at(everybody, 1825, "survival") / at(everybody, 730, "survival")
    later = asked("gbsg", group_by=[], alive_at=730)["groups"][0]["survival_at"]
    assert ratio == near(0.6588377, 7)
    assert at(later, 1825, "survival") == pytest.approx(ratio, rel=1e-12)


def test_the_interaction_of_gbsg_is_that_of_coxph():
    model = asked("gbsg", "models", name="interaction")
    expected = {"hormon[1]": 0.1196678, "log(pgr1)": -0.1626745, "hormon[1]:log(pgr1)": -0.1573982}
    assert {term: coefficient(model, term) for term in expected} == near(expected, 7)
    assert coefficient(model, "hormon[1]:log(pgr1)", "standard_error") == near(0.06421032, 8)
    assert model["interaction_test"]["statistic"] == near(6.033, 3)
    assert model["interaction_test"]["p_value"] == near(0.01404, 5)


def test_the_fit_of_gbsg_predicts_as_well_as_r_and_risk_regression_say():
    model = asked("gbsg", "models", name="four variables")
    expected = (-0.374810303, -0.0000901468, -0.195817017, 0.519090032)
    assert model["coefficients"]["coefficient"] == near(expected, 8)
    assert model["concordance"]["value"] == near(0.6934028, 7)
    assert model["uno"]["value"] == near(0.6766166, 7)
    brier = (0.07198958, 0.16227457, 0.18936485, 0.20605031, 0.21419489)
    assert model["brier"]["score"] == near(brier, 8)


def test_the_interaction_of_prostate_is_that_of_coxph():
    model = asked("prostate", "models", name="log")
    expected = {
        "treated[1]": -0.17016079,
        "log(ap)": 0.18246163,
        "treated[1]:log(ap)": -0.12501335,
    }
    assert model["n"] == 501
    assert {term: coefficient(model, term) for term in expected} == near(expected, 8)
    first, *_, last = model["covariance"]
    assert (first[0], first[-1], last[-1]) == near((0.012335665, -0.001799838, 0.003890268), 9)
    assert model["interaction_test"]["statistic"] == near(4.0109, 4)


@pytest.mark.parametrize(
    ("level", "ratio", "lower", "upper"),
    [
        (0.3, 0.9805, 0.7317, 1.3140),
        (1, 0.8435, 0.6785, 1.0487),
        (3, 0.7353, 0.5876, 0.9200),
        (10, 0.6325, 0.4649, 0.8606),
        (100, 0.4743, 0.2741, 0.8207),
    ],
)
def test_the_hazard_ratio_along_the_phosphatase_has_the_limits_seen(level, ratio, lower, upper):
    effect = asked("prostate", "models", name="log")["effect"]
    found = [at(effect, level, name, "value") for name in ("hazard_ratio", "lower", "upper")]
    assert found == near((ratio, lower, upper), 4)


def test_the_spline_of_prostate_is_that_of_rms():
    model = asked("prostate", "models", name="spline")
    spline = next(term for term in model["terms"] if term["variable"] == "ap")
    assert spline["knots"] == near((-1.2040, -0.3567, 3.0768), 4)
    assert model["interaction_test"]["statistic"] == near(4.8132, 4)
    assert model["interaction_test"]["degrees_of_freedom"] == 2
    assert model["interaction_test"]["p_value"] == near(0.0901, 4)
    # coxph(… ~ treated * rms::rcs(log(ap), 3) + age + hg)
    assert coefficient(model, "spline(ap)[2]") == near(0.360556383970, 7)
    assert coefficient(model, "treated[1]:spline(ap)[2]") == near(-0.304594102668, 7)


def test_no_interaction_is_found_where_none_was_seen():
    bilirubin = asked("pbc", "models", name="interaction")
    assert coefficient(bilirubin, "trt[1]:log(bili)") == near(-0.095685744, 8)
    assert coefficient(bilirubin, "trt[1]:log(bili)", "standard_error") == near(0.167535694, 8)
    assert bilirubin["interaction_test"]["statistic"] == near(0.3263, 4)
    cells = asked("actg175", "models", name="no interaction")
    assert cells["interaction_test"]["p_value"] == near(0.949, 3)


def test_hearts_are_counted_from_their_entry_as_coxph_counts_them():
    model = asked("heart", "models", name="entry")
    expected = {"age": 0.03053631, "surgery": -0.77332765, "transplant[1]": 0.01609561}
    assert {term: coefficient(model, term) for term in expected} == near(expected, 8)


def test_the_residents_of_channing_are_counted_from_their_entry():
    everybody = asked("channing", group_by=[], start_time=None, alive_at=None)
    alive = everybody["groups"][0]["survival_at"]["survival"]
    assert everybody["n_used"] == 458
    assert alive[1:] == near((0.6701984, 0.5658696, 0.3872337, 0.2179879), 7)
    started = asked("channing", start_time=840)["groups"][0]["survival_at"]["survival"]
    assert started[1:] == near((0.8878696, 0.7496563, 0.5130019, 0.2887873), 7)
    model = asked("channing", "models", name="entry")
    assert coefficient(model, "gender") == near(-0.3162578, 7)
    assert coefficient(model, "gender", "standard_error") == near(0.1731337, 7)
    man = model["predicted"][0]["survival"]
    assert man == near((0.6016391, 0.4843100, 0.2995329, 0.1463333), 7)


def test_malignancy_competes_with_death_in_mgus2():
    everybody = asked("mgus2", "competing", group_by=[])["groups"][0]["probability_at"]
    for month, value, error in ((120, 0.06372217, 0.006796848), (240, 0.09981372, 0.009784847)):
        assert at(everybody, month, "cause_1") == near(value, 8)
        assert at(everybody, month, "cause_1_error") == near(error, 9)


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_names_its_script_versions_and_date(name):
    answer = answers(name)
    assert answer["made_by"] == f"tests/oracle/r/cohort/{name}.R"
    assert (SCRIPTS / f"{name}.R").exists()
    assert answer["r"].startswith("R version ")
    assert answer["survival_package"] >= "3.5"
    assert answer["date"] >= "2026"


@pytest.mark.parametrize("name", NAMES)
def test_r_gives_the_kept_answer_again(name, tmp_path):
    rows(name)  # so that what R has in no package is there to be read
    run_r(SCRIPTS / f"{name}.R", tmp_path)
    again = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
    kept = {key: value for key, value in answers(name).items() if key not in CHANGING}
    assert list(differences({key: again[key] for key in kept}, kept)) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_rows_are_those_that_r_answered_about(name):
    for question in answers(name)["survival"]:
        columns = [question["days"], question["event"], *question["group_by"]]
        used = rows(name).complete(*columns, *question["stratify_by"])
        if question["alive_at"] is not None:
            used = used.where(used.numbers(question["days"]) > question["alive_at"])
        assert len(rows(name)) == question["n_total"]
        assert len(used) == question["n_used"]
        events = used.numbers(question["event"]).sum()
        assert events == sum(group["events"] for group in question["groups"])


def differences(again, kept, place=""):
    """Yield the places where two JSON values differ by more than 1e-9 of the value."""
    if isinstance(kept, dict) and again.keys() == kept.keys():
        for key in kept:
            yield from differences(again[key], kept[key], f"{place}/{key}")
    elif isinstance(kept, list) and len(again) == len(kept):
        for number, (one, other) in enumerate(zip(again, kept, strict=True)):
            yield from differences(one, other, f"{place}/{number}")
    elif isinstance(kept, float) and isinstance(again, (int, float)):
        if again != pytest.approx(kept, rel=1e-9, abs=1e-12):
            yield place, again, kept
    elif again != kept:
        yield place, again, kept
