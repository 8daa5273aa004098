"""Evidence of a clinic's own: a document under the rules of the library, and the study in it."""

from dataclasses import replace

import numpy as np
import orjson
import pytest

from app.cohort.evidence.fitted_groups import fit_groups, log_error
from app.errors import EvidenceFault
from app.evidence.fitted_document import Fit, FittedDocument
from app.evidence.fitted_interaction import interaction_entry
from app.evidence.fitted_study import FittedStudies, digest_of, read_entry, write_document
from app.survival.interval import Z
from tests.builders import LIBRARY, MIROCALS, a_document, a_question
from tests.fitted import a_fit, a_fitted_content, a_fitted_document, some_patients, two_arms

CONTENT = a_fitted_content()
ENTRY = read_entry(CONTENT)
STUDY = ENTRY.study
GROUPS = fit_groups(two_arms(some_patients()), 10)


def broken(**changes):
    with pytest.raises(EvidenceFault) as refused:
        write_document(a_fitted_document() | changes)
    return refused.value.detail


def figures(part):
    """Give every figure of a document: whatever has a value and a unit."""
    if isinstance(part, dict):
        if "value" in part and "unit" in part:
            yield part
        for inner in part.values():
            yield from figures(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from figures(inner)


def test_its_digest_is_that_of_its_bytes():
    assert ENTRY.digest == STUDY.digest == digest_of(CONTENT)


def test_the_same_fit_has_the_same_bytes():
    assert a_fitted_content() == CONTENT


def test_every_number_from_patients_is_fitted_and_says_so():
    document = orjson.loads(CONTENT)
    own = [figure for figure in figures(document) if figure["source"] == "own-patients"]
    assert len(own) > 30
    assert {figure["kind"] for figure in own} == {"fitted"}
    assert document["sources"]["own-patients"]["where"].endswith(
        "400 patients, 209 deaths by day 640"
    )


def test_only_the_assay_and_conventions_come_from_elsewhere():
    kinds = {f["source"]: f["kind"] for f in figures(orjson.loads(CONTENT))}
    assert kinds == {"own-patients": "fitted", "oeckl-2016": "published", "convention": "derived"}


def test_it_is_told_apart_from_a_trial_by_every_answer():
    told = a_document(a_question(), STUDY)
    codes = [notice["code"] for notice in told["notices"]]
    assert {"own_cohort", "observational", "not_approved"} <= set(codes)
    assert told["treatment_effect"]["hazard_ratio"]["kind"] == "fitted"
    assert told["treatment_effect"]["hazard_ratio"]["estimand"]["contrast"].endswith(
        "not randomised"
    )
    assert told["survival_curves"]["arms"][0]["kind"] == "modelled"
    assert told["applicability"] == {"grade": "undetermined", "criteria": []}


def test_the_answer_holds_the_fitted_numbers():
    low = GROUPS.strata[1]
    told = a_document(a_question(), STUDY)
    ratio = told["treatment_effect"]["hazard_ratio"]
    assert ratio["value"] == low.effect.value
    assert (ratio["lower"], ratio["upper"]) == (low.effect.lower, low.effect.upper)
    control, treated = told["survival_curves"]["arms"]
    assert control["survival_at"][-1]["survival"] == pytest.approx(low.control.survival, rel=1e-12)
    assert treated["observed"]["survival"] == low.treated.survival
    # S1 = S0^HR, with the fitted variance of ln H1 on the log(-log) scale.
    end = treated["survival_at"][-1]
    assert end["survival"] == pytest.approx(low.control.survival**low.effect.value, rel=1e-12)
    hazard = -np.log(low.control.survival) * low.effect.value
    width = np.exp(Z * np.sqrt(low.log_variances[1]))
    assert end["upper"] == pytest.approx(np.exp(-hazard / width), rel=1e-12)


def test_the_continuous_effect_is_that_of_the_fitted_interaction():
    at = a_document(a_question("1500"), STUDY)["treatment_effect"]["continuous"]
    found = GROUPS.interaction
    ratio = np.log(found.at_zero.value) + 1500 * np.log(found.per_unit.value)
    assert at["hazard_ratio"] == pytest.approx(np.exp(ratio), rel=1e-9)
    a, b = log_error(found.at_zero), log_error(found.per_unit)
    error = np.sqrt(a**2 + (1500 * b) ** 2 + 2 * 1500 * found.correlation * a * b)
    assert at["lower"] == pytest.approx(np.exp(ratio - Z * error), rel=1e-9)


def test_a_model_without_the_interaction_gives_evidence_without_it():
    groups = fit_groups(two_arms(some_patients(), interaction=False), 10)
    document = FittedDocument(a_fit(), groups, LIBRARY.entry(MIROCALS.id).file).document()
    study = read_entry(write_document(document)).study
    told = a_document(a_question(), study)["treatment_effect"]
    assert told["interaction"] is None
    assert told["continuous"]["reason"].startswith("The model")


def small(groups, n):
    """The same fit with fewer than ten very low patients in the treated arm."""
    patients = some_patients()
    few = np.flatnonzero(patients["treated"] & (patients["level"] < 750))
    kept = np.ones(patients["days"].size, bool)
    kept[few[n:]] = False
    return fit_groups(two_arms(patients).of(kept), 10)


def test_a_small_group_is_neither_told_nor_found_by_difference():
    groups = small(GROUPS, 4)
    document = FittedDocument(a_fit(), groups, LIBRARY.entry(MIROCALS.id).file).document()
    very_low = document["strata"][0]
    assert very_low["no_estimate"] == "too_few_patients"
    assert "seen" not in very_low
    people = [f["value"] for f in figures(document) if f["unit"] == "patients"]
    assert {n % 10 for n in people} == {0.0}
    deaths = [f["value"] for f in figures(document) if f["unit"].startswith("deaths")]
    assert {n % 5 for n in deaths} == {0.0}
    shares = [stratum["population_share"]["value"] for stratum in document["strata"]]
    assert all(share in {0.01, 0.99} or (20 * share) % 1 < 1e-9 for share in shares)
    assert "about 380 patients" in document["sources"]["own-patients"]["where"]


def test_a_level_in_a_small_stratum_has_no_estimate_and_says_why():
    content = write_document(
        FittedDocument(a_fit(), small(GROUPS, 4), LIBRARY.entry(MIROCALS.id).file).document()
    )
    told = a_document(a_question("500"), read_entry(content).study)
    assert (told["status"], told["reason"]["code"]) == ("no_estimate", "too_few_patients")
    assert "640" in told["reason"]["message"]
    assert told["context"]["whole_trial"]["hazard_ratio"]["kind"] == "fitted"


def test_simulated_patients_are_called_so():
    content = write_document(a_fitted_document(is_synthetic=True))
    assert read_entry(content).study.notices[0] == "synthetic_data"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"notices": ["research_use"]}, "must have the notices own_cohort, observational"),
        ({"kind": "treatment_effect"}, "kind: Input should be 'fitted'"),
        ({"colour": "blue"}, "colour: Extra inputs are not permitted"),
        ({"criteria": [{"id": "age", "source": "own-patients", "colour": 1}]}, "criteria.0.colour"),
    ],
)
def test_it_is_refused_for_what_a_library_file_would_be(change, told):
    assert told in broken(**change)


def test_evidence_without_any_estimate_is_none():
    document = a_fitted_document()
    empty = [
        {key: part[key] for key in ("id", "range", "range_source", "population_share")}
        | {"no_estimate": "too_few_deaths"}
        for part in document["strata"]
    ]
    assert "nothing to serve" in broken(strata=empty)


def test_a_variance_of_nought_is_refused():
    whole = a_fitted_document()["whole_trial"]
    whole["log_variances"]["treated"]["value"] = 0.0
    assert "a variance is greater than 0" in broken(whole_trial=whole)


def test_a_stratum_with_an_effect_needs_all_that_its_curves_rest_on():
    strata = a_fitted_document()["strata"]
    del strata[1]["log_variances"]
    assert "belong together" in broken(strata=strata)


def test_a_study_is_built_once_for_each_digest():
    studies = FittedStudies()
    assert studies.entry(CONTENT, ENTRY.digest) is studies.entry(CONTENT, ENTRY.digest)


def test_no_more_studies_are_kept_than_allowed():
    studies = FittedStudies(most=2)
    contents = [a_fitted_content(title=title) for title in ("a", "b", "c")]
    first, second, third = (studies.entry(one, digest_of(one)) for one in contents)
    assert studies.entry(contents[2], third.digest) is third
    assert studies.entry(contents[1], second.digest) is second
    assert studies.entry(contents[0], first.digest) is not first


def test_bytes_that_are_not_those_of_the_digest_are_refused():
    with pytest.raises(EvidenceFault, match="not what its digest says"):
        FittedStudies().entry(CONTENT, digest_of(CONTENT + b" "))


def test_a_library_with_more_entries_is_in_order_and_leaves_the_first_as_it_was():
    library = LIBRARY.with_entries([ENTRY])
    assert list(library.entries) == sorted(library.entries)
    assert STUDY.id in library.studies
    assert STUDY.id not in LIBRARY.entries


def test_an_arm_may_be_called_what_a_patients_arm_may_be():
    fit: Fit = a_fit(treatment="il2--high_", control="0")
    document = FittedDocument(fit, GROUPS, LIBRARY.entry(MIROCALS.id).file).document()
    assert read_entry(write_document(document)).study.treatment == "il2--high_"


@pytest.mark.parametrize("ratio", [3.0, 1e-3])
def test_an_interaction_whose_numbers_cannot_be_written_is_left_out(ratio):
    # 3^1000 per 1000 pg/mL is no number that a computer holds.
    wild = replace(GROUPS.interaction.per_unit, value=ratio, lower=ratio / 2, upper=ratio * 2)
    assert interaction_entry(replace(GROUPS.interaction, per_unit=wild), {}, {}, "own") is None


def test_levels_that_are_all_the_same_have_no_continuous_effect():
    same = replace(GROUPS.interaction, lowest=1500.0, highest=1501.0)
    assert interaction_entry(same, {}, {}, "own") is None
