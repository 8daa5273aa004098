"""The answer document: its members in the contract's order, and how much each detail holds."""

import pytest

from app.answers.phrases import phrases_in
from app.answers.picture import draw
from app.answers.table import curves_csv
from app.survival.estimate import Wishes
from tests.builders import MIROCALS, TOPLINE, a_document, a_question, an_estimate

MEMBERS = [
    "status", "reason", "input", "stratum", "treatment_effect", "context", "survival_curves",
    "applicability", "warnings", "notices", "presentation", "evidence", "service",
]  # fmt: skip
ARRAYS = {"time", "survival", "lower", "upper"}
EVERYTHING = Wishes(alive_at=200.0, extrapolate=True)


def test_a_full_answer_has_the_members_of_the_contract_in_order():
    assert list(a_document()) == MEMBERS


def test_beside_indeterminate_stand_the_possible_strata():
    document = a_document(a_question("800", comparator="<"))
    assert document["possible_strata"] == ["very_low", "low"]
    assert document["input"]["used"] == {
        "value": 800, "unit": "pg/mL", "specimen": "csf", "comparator": "<",
    }  # fmt: skip


def test_a_summary_leaves_out_the_curve_arrays_and_the_comparator():
    full, short = (
        a_document(a_question(wishes=EVERYTHING), detail=detail)["survival_curves"]
        for detail in ("full", "summary")
    )
    assert full.keys() - short.keys() == {"comparator"}
    for block in (short, short["extrapolated"]):
        assert not any(arm.keys() & ARRAYS for arm in block["arms"])
    for arm, whole in zip(short["arms"], full["arms"], strict=True):
        assert arm["survival_at"] == whole["survival_at"]
        assert arm["rmst"] == whole["rmst"]


def test_a_summary_keeps_the_shape_sensitivity_of_every_row():
    curves = a_document(detail="summary")["survival_curves"]
    for arm in curves["arms"]:
        for row in arm["survival_at"]:
            assert row["shape_sensitivity"].keys() == {"lower", "upper", "band_lower", "band_upper"}


def test_a_group_s_answer_has_only_what_is_listed():
    assert list(a_document(detail="group")) == [
        "status", "reason", "stratum", "direction", "applicability", "notices", "presentation",
        "evidence",
    ]  # fmt: skip


@pytest.mark.parametrize("part", ["stratum", "treatment_effect", "survival_curves"])
def test_a_part_stands_with_what_must_stand_beside_it(part):
    document = a_document(part=part)
    assert list(document) == [
        "status", "reason", part, "context", "warnings", "notices", "evidence",
    ]  # fmt: skip
    assert document[part] == a_document()[part]


def test_the_grid_has_129_points_to_six_decimals():
    arm = a_document()["survival_curves"]["arms"][0]
    assert arm["time"] == list(range(0, 640 + 1, 5))
    assert all(len(arm[column]) == 640 / 5 + 1 for column in ARRAYS)
    assert all(round(value, 6) == value for value in arm["survival"])
    assert (arm["survival"][0], arm["survival"][-1]) == (1, 0.54)


def test_what_lies_past_follow_up_begins_where_the_curves_end():
    curves = a_document(a_question(wishes=EVERYTHING))["survival_curves"]
    for arm, later in zip(curves["arms"], curves["extrapolated"]["arms"], strict=True):
        assert later["time"] == list(range(640, 960 + 1, 5))
        assert later["survival"][0] == arm["survival"][-1]


def test_rows_past_follow_up_stand_in_the_extrapolated_block_alone():
    wished = Wishes((365.0, 730.0), extrapolate=True)
    curves = a_document(a_question(wishes=wished))["survival_curves"]
    later = curves["extrapolated"]
    assert [row["time"] for row in curves["arms"][0]["survival_at"]] == [365]
    assert [row["time"] for row in later["arms"][0]["survival_at"]] == [730]
    assert [row["time"] for row in later["differences_at"]] == [730]


def test_a_condition_gives_no_difference_of_the_arms():
    document = a_document(a_question(wishes=Wishes(alive_at=200.0)))
    conditional = document["survival_curves"]["conditional"]
    assert conditional.keys() == {"alive_at", "meaning", "arms"}
    assert "randomisation" in conditional["meaning"]
    assert "not since onset or diagnosis" in conditional["meaning"]


def test_the_effect_at_level_0_is_labelled_as_no_average():
    at_zero = a_document()["treatment_effect"]["interaction"]["at_zero"]
    assert at_zero["label"] == "HR at 0 pg/mL, extrapolated; not an average effect"


def test_the_continuous_effect_is_exploratory_and_says_why_it_is_not_shown():
    shown = a_document()["treatment_effect"]["continuous"]
    beyond = a_document(a_question("7000"))["treatment_effect"]["continuous"]
    assert (shown["exploratory"], shown["reason"]) == (True, None)
    assert beyond["reason"] == "The continuous model is shown from 750 to 6000 pg/mL only."


def test_the_assay_s_imprecision_says_where_it_comes_from():
    own = a_document(a_question(assay_cv=0.05))["stratum"]
    assumed = a_document()["stratum"]
    assert own["assay_cv_provenance"] == {"kind": "given", "source": None}
    assert assumed["assay_cv_provenance"]["source"]["id"] == "oeckl-2016"


def test_what_the_source_leaves_unsaid_is_marked_as_inferred():
    estimand = a_document()["treatment_effect"]["hazard_ratio"]["estimand"]
    assert (estimand["endpoint"], estimand["time_origin"]) == ("death", "randomisation")
    assert estimand["inferred"] == ["endpoint", "time_origin"]


def test_evidence_is_named_with_its_version_and_digest():
    named = a_document(a_question(), TOPLINE)["evidence"]
    assert (named["id"], named["version"], named["digest"]) == (TOPLINE.id, "1", TOPLINE.digest)


def test_the_csv_has_its_header_and_both_arms_on_the_grid_unrounded():
    header, *rows = curves_csv(an_estimate()).splitlines()
    assert header == "arm,time,survival,lower,upper"
    assert len(rows) == 2 * (640 // 5 + 1)
    assert [row.split(",")[0] for row in rows] == ["placebo"] * 129 + ["il2ld"] * 129
    name, day, survival, lower, upper = rows[128].split(",")
    assert (name, day, float(survival)) == ("placebo", "640", 0.54)
    assert float(lower) == pytest.approx(0.422734150892911, rel=1e-12)
    assert float(upper) == pytest.approx(0.643408277713846, rel=1e-12)


@pytest.mark.parametrize("study", [MIROCALS, TOPLINE], ids=lambda study: study.id)
def test_the_csv_without_a_curve_is_its_header(study):
    value = "500" if study is MIROCALS else "1500"
    assert curves_csv(an_estimate(a_question(value), study)).splitlines() == [
        "arm,time,survival,lower,upper"
    ]


@pytest.mark.parametrize(("kind", "opening"), [("svg", b"<?xml"), ("png", b"\x89PNG")])
@pytest.mark.parametrize(
    ("value", "comparator"), [("1500", None), ("5000", None), ("500", None), ("800", "<")]
)
def test_a_picture_is_drawn_of_every_estimate_and_is_the_same_again(
    kind, opening, value, comparator
):
    estimate = an_estimate(a_question(value, comparator=comparator))
    picture = draw(estimate, phrases_in("en"), kind)
    assert picture.startswith(opening)
    assert draw(estimate, phrases_in("en"), kind) == picture


def test_a_picture_differs_with_the_stratum_and_the_language():
    low, high = an_estimate(a_question("1500")), an_estimate(a_question("5000"))
    pictures = {
        draw(estimate, phrases_in(language), "svg")
        for estimate in (low, high) for language in ("en", "fr")
    }  # fmt: skip
    assert len(pictures) == 4
