"""A broken evidence file stops the service, and says file, line and reason."""

import shutil
from hashlib import sha256

import pytest

from app.errors import EvidenceFault, NotFound
from app.evidence.library import DIGESTS, SHELF, open_library
from tests.builders import LIBRARY, MIROCALS, TOPLINE, a_document

TRIAL, PROGNOSIS = "mirocals-2025.yaml", "encals-2018.yaml"
RELEASED = {path.name: path.read_text(encoding="utf-8") for path in SHELF.glob("*.yaml")}


@pytest.fixture
def shelf(tmp_path):
    """Lend a copy of the library that a test may break."""
    return shutil.copytree(SHELF, tmp_path / "library")


def release(shelf):
    """Record the digests of all files as they are now."""
    sums = [f"{sha256(p.read_bytes()).hexdigest()}  {p.name}" for p in sorted(shelf.glob("*.yaml"))]
    (shelf / DIGESTS).write_text("\n".join(sums) + "\n", encoding="utf-8")


def refusal(shelf):
    with pytest.raises(EvidenceFault) as refused:
        open_library(shelf)
    return refused.value.detail


def write(shelf, name, text):
    (shelf / name).write_text(text, encoding="utf-8")
    release(shelf)


def changed(name, old, new):
    """Change the first place where the released file has the old words."""
    assert old in RELEASED[name], old
    return RELEASED[name].replace(old, new, 1)


def line_of(text, words):
    assert words in text, words
    return text[: text.index(words)].count("\n") + 1


LOW = 'range: {lower: "750", lower_inclusive: true, upper: "3700", upper_inclusive: true}'
HIGH = 'range: {lower: "3700", lower_inclusive: false}'

OF_THE_HIGH_STRATUM = """\
    control_participants: {value: 23, unit: patients, kind: derived, source: calibration,
                           note: "21 % of 220, halved"}
"""

# name: what the file says, what it says when broken, on which line that is, and the reason given
TRIAL_FAULTS = {
    "an unknown key": (
        "  centres:", "  colour: blue\n  centres:", "colour: blue",
        "population.colour: Extra inputs are not permitted",
    ),
    "a misspelt key": (
        "  disease:", "  diseases:", "diseases:", "population.disease: Field required",
    ),
    "a number without a source": (
        "kind: published, source: mnd-page}", "kind: published}", "difference: {value: 0.18",
        "strata.1.observed.difference.source: Field required",
    ),
    "a number without a unit": (
        "{value: 0.18, unit: difference of proportions,", "{value: 0.18,",
        "difference: {value: 0.18", "strata.1.observed.difference.unit: Field required",
    ),
    "a number of an unknown kind": (
        "kind: published, source: mnd-page}", "kind: guessed, source: mnd-page}", "kind: guessed",
        "strata.1.observed.difference.kind: Input should be 'published'",
    ),
    "a source that is not explained": (
        "source: mnd-page}", "source: hearsay}", "source: hearsay",
        "strata.1.observed.difference.source: hearsay is not among the file's sources",
    ),
    "an estimand that is not explained": (
        "estimand: low, source", "estimand: lowest, source", "estimand: lowest",
        "strata.1.hazard_ratio.estimand: lowest is not among the file's estimands",
    ),
    "a range from nowhere": (
        "range_source: medwire", "range_source: nowhere", "range_source: nowhere",
        "strata.2.range_source: nowhere is not among the file's",
    ),
    "a key given twice": (
        "  centres:", "  disease: another\n  centres:", "disease: another",
        "disease is given twice",
    ),
    "a value outside its interval": (
        "{value: 0.52, lower: 0.30", "{value: 0.92, lower: 0.30", "value: 0.92",
        "the value must lie between lower and upper",
    ),
    "half an interval": (
        "{value: 0.52, lower: 0.30, upper: 0.89,", "{value: 0.52, lower: 0.30,", "value: 0.52",
        "an interval needs both lower and upper",
    ),
    "an interval without a level": (
        "upper: 0.89, level: 0.95,", "upper: 0.89, level: null,", "upper: 0.89",
        "level and interval must be given together",
    ),
    "an interval of another level": (
        "upper: 0.89, level: 0.95,", "upper: 0.89, level: 0.90,", "level: 0.90",
        "strata.1.hazard_ratio.level: Input should be greater than or equal to 0.95",
    ),
    "a limit of a ratio below 0": (
        "{value: 0.52, lower: 0.30", "{value: 0.52, lower: -0.30", "lower: -0.30",
        "the limits of a ratio must be greater than 0",
    ),
    "a ratio of 0": (
        "{value: 0.52, lower: 0.30", "{value: 0, lower: 0", "{value: 0, lower: 0",
        "strata.1.hazard_ratio.value: Input should be greater than 0",
    ),
    "a number written as text": (
        "{value: 0.52,", '{value: "0.52",', 'value: "0.52"',
        "strata.1.hazard_ratio.value: Input should be a valid number",
    ),
    "a yes for a number": (
        "{value: 77,", "{value: yes,", "value: yes",
        "strata.1.control_participants.value: Input should be a valid number",
    ),
    "a number that is none": (
        "{value: 77,", "{value: .nan,", "value: .nan",
        "strata.1.control_participants.value: Input should be a finite number",
    ),
    "an infinite number": (
        "rounding: 0.005,", "rounding: .inf,", "rounding: .inf",
        "interaction.at_zero.rounding: Input should be a finite number",
    ),
    "a probability above 1": (
        "p_value: 0.016,", "p_value: 1.6,", "p_value: 1.6",
        "strata.1.hazard_ratio.p_value: Input should be less than or equal to 1",
    ),
    "a survival of everybody": (
        "control_survival: {value: 0.54,", "control_survival: {value: 1.0,", "value: 1.0,",
        "strata.1.control_survival.value: Input should be less than 1",
    ),
    "a survival of nobody in a range": (
        "lower: 0.33, upper: 0.44", "lower: 0, upper: 0.44", "lower: 0, upper: 0.44",
        "strata.2.control_survival.lower: Input should be greater than 0",
    ),
    "an interval narrower than the control arm alone allows": (
        "lower: 0.30, upper: 0.89", "lower: 0.50, upper: 0.54", "lower: 0.50",
        "strata.1.hazard_ratio: the interval is narrower than the control arm alone allows",
    ),
    "the same in the whole trial": (
        "{value: 0.81, lower: 0.54, upper: 1.22", "{value: 0.81, lower: 0.80, upper: 0.82",
        "value: 0.81, lower: 0.80", "whole_trial.hazard_ratio: the interval is narrower",
    ),
    "strata that overlap": (
        LOW, LOW.replace("3700", "4000"), "- id: very_low",
        "strata: Value error, each stratum must begin where the one below ends",
    ),
    "a gap between strata": (
        HIGH, HIGH.replace("3700", "3800"), "- id: very_low",
        "strata: Value error, each stratum must begin where the one below ends",
    ),
    "a cut point in two strata": (
        HIGH, HIGH.replace("false", "true"), "- id: very_low",
        "strata: Value error, the cut point 3700 must lie in exactly one stratum",
    ),
    "a cut point in no stratum": (
        "upper_inclusive: true}\n    range_source: journal-club",
        "upper_inclusive: false}\n    range_source: journal-club", "- id: very_low",
        "strata: Value error, the cut point 3700 must lie in exactly one stratum",
    ),
    "a stratum that ends below its beginning": (
        LOW + "\n", LOW.replace("3700", "600") + "\n", "- id: very_low",
        "strata: Value error, each stratum must end above where it begins",
    ),
    "a first stratum that is not open below": (
        '{upper: "750"', '{lower: "0", upper: "750"', "- id: very_low",
        "strata: Value error, the first stratum must be open below",
    ),
    "a second stratum that is open": (
        'lower: "750", lower_inclusive: true, upper', "upper", "- id: very_low",
        "strata: Value error, only the first and the last stratum may be open",
    ),
    "half a baseline": (
        OF_THE_HIGH_STRATUM, "", "id: high",
        "control_survival and control_participants belong together",
    ),
    "a cut point as a number": (
        'lower: "750"', "lower: 750", "lower: 750",
        "strata.1.range.lower: Input should be a valid string",
    ),
    "a cut point as words": (
        'lower: "750"', 'lower: "about 750"', "about 750",
        "strata.1.range.lower: String should match pattern",
    ),
    "neither an effect nor a reason for none": (
        "no_estimate: stratum_not_reported\n",
        "no_estimate: null\n", "id: very_low", "give either hazard_ratio or no_estimate",
    ),
    "a criterion that nobody can judge": (
        "{id: exclusions,", "{id: shoe_size,", "shoe_size",
        "criteria.6.id: Value error, must be one of diagnosis",
    ),
    "a grid that misses the horizon": (
        "grid_step: {value: 5,", "grid_step: {value: 7,", "unit: day\n  time_origin",
        "must be multiples of grid_step",
    ),
    "a grid of too many points": (
        "grid_step: {value: 5,", "grid_step: {value: 1,", "unit: day\n  time_origin",
        "the grid may hold 129 points at most",
    ),
    "a version of words": (
        'version: "1"', "version: one", "version: one", "version: String should match pattern",
    ),
    "another file's name": (
        "id: mirocals-2025", "id: mirocals-2026", "id: mirocals-2026",
        "id: must be the file's name, mirocals-2025",
    ),
    "no YAML": ("disease: ", "disease: [", "centres:", "not YAML"),
}  # fmt: skip


@pytest.mark.parametrize("what", TRIAL_FAULTS)
def test_a_broken_file_is_refused_with_its_line_and_reason(what, shelf):
    old, new, marked, reason = TRIAL_FAULTS[what]
    text = changed(TRIAL, old, new)
    write(shelf, TRIAL, text)
    told = refusal(shelf)
    assert reason in told
    if what != "no YAML":
        assert told.startswith(f"{TRIAL}, line {line_of(text, marked)}: ")


def test_broken_syntax_is_refused_with_the_line_the_parser_stopped_at(shelf):
    write(shelf, TRIAL, "id: a\nversion: [1\ntitle: b\n")
    assert refusal(shelf).startswith(f"{TRIAL}, line 3: not YAML")


@pytest.mark.parametrize("text", ["", "# nothing\n", "just words\n", "- a\n- list\n"])
def test_a_file_that_holds_no_evidence_is_refused(text, shelf):
    write(shelf, TRIAL, text)
    assert refusal(shelf).startswith(f"{TRIAL}, line 1: document:")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("control_participants: {value: 77,", "control_participants: {value: 0,"),
        ("control: {value: 61,", "control: {value: 161,"),
        ("participants:\n    control: {value: 110,", "participants:\n    control: {value: 0,"),
    ],
)
def test_counts_that_nothing_can_be_computed_from_are_refused(old, new, shelf):
    write(shelf, TRIAL, changed(TRIAL, old, new))
    assert refusal(shelf).startswith(f"{TRIAL}, line ")


def test_an_interaction_needs_its_interval(shelf):
    old = "{value: 1.0003, lower: 1.0001, upper: 1.0005, level: 0.95,"
    write(shelf, TRIAL, changed(TRIAL, old, "{value: 1.0003, level: null,"))
    assert "1.0003 ratio of hazard ratios per pg/mL needs lower and upper" in refusal(shelf)


def test_a_trial_may_lack_a_pool_and_an_interaction(shelf):
    text = RELEASED[TRIAL]
    start, end = text.index("pool:\n"), text.index("\nshape:\n")
    write(shelf, TRIAL, text[:start] + text[end + 1 :])
    document = a_document(study=open_library(shelf).studies[MIROCALS.id])
    effect = document["treatment_effect"]
    assert list(document["context"]) == ["whole_trial"]
    assert (effect["interaction"], effect["continuous"]["hazard_ratio"]) == (None, None)
    assert effect["continuous"]["reason"] == (
        "This source does not say how the effect changes with the level."
    )


def test_a_prognosis_is_read_as_strictly(shelf):
    text = changed(PROGNOSIS, "  age: {value: -0.266972062796289,", "  age: {value: many,")
    write(shelf, PROGNOSIS, text)
    line = line_of(text, "age: {value: many")
    assert refusal(shelf).startswith(f"{PROGNOSIS}, line {line}: coefficients.age.value: ")


def test_a_kind_of_file_that_nobody_knows_is_refused(shelf):
    write(shelf, TRIAL, changed(TRIAL, "kind: treatment_effect", "kind: horoscope"))
    assert "does not match any of the expected tags" in refusal(shelf)


def test_a_released_file_that_was_edited_is_refused(shelf):
    (shelf / TRIAL).write_text(changed(TRIAL, "value: 0.52", "value: 0.51"), encoding="utf-8")
    told = refusal(shelf)
    assert told.startswith(f"{TRIAL}, line 1: differs from its digest in {DIGESTS}")


def test_a_file_that_was_never_released_is_refused(shelf):
    shutil.copy(shelf / TRIAL, shelf / "another.yaml")
    assert refusal(shelf).startswith("another.yaml, line 1: differs from its digest")


def test_a_library_without_digests_is_refused(shelf):
    (shelf / DIGESTS).unlink()
    assert "differs from its digest" in refusal(shelf)


def test_an_empty_library_is_refused(tmp_path):
    assert "holds no evidence files" in refusal(tmp_path)


def test_the_copied_library_opens_and_is_the_same(shelf):
    again = open_library(shelf)
    assert {key: entry.digest for key, entry in again.entries.items()} == {
        key: entry.digest for key, entry in LIBRARY.entries.items()
    }


def test_a_digest_is_that_of_the_file_s_bytes():
    content = (SHELF / TRIAL).read_bytes()
    assert MIROCALS.digest == f"sha256:{sha256(content).hexdigest()}"


def test_only_trials_can_be_asked_for_an_estimate():
    assert set(LIBRARY.studies) == {MIROCALS.id, TOPLINE.id}
    assert set(LIBRARY.entries) == {MIROCALS.id, TOPLINE.id, "encals-2018"}


def test_evidence_that_is_not_there_is_not_found_and_what_there_is_is_listed():
    with pytest.raises(
        NotFound, match=r"There is: encals-2018, mirocals-2025, mirocals-topline-2022"
    ):
        LIBRARY.entry("mirocals-2024")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("assay_cv: {value: 0.187", "assay_cv: {value: 18.7", "ratio in (0, 1]"),
        ("lower: 1.0, upper: 2.03", "lower: 0.0, upper: 2.03", "range greater than 0"),
        ("served_from: {value: 750", "served_from: {value: 7500", "less than served_to"),
        ("rounding: 0.005", "rounding: 0.5", "half a unit of the last digit"),
        ("control: {value: 61,", "control: {value: 61.5,", "whole number"),
    ],
)
def test_a_number_that_cannot_be_what_it_says_is_refused(old, new, reason, shelf):
    write(shelf, TRIAL, changed(TRIAL, old, new))
    assert reason in refusal(shelf)


def test_a_prognosis_without_one_of_its_coefficients_is_refused(shelf):
    name = "encals-2018.yaml"
    write(shelf, name, changed(name, "  bulbar: {value", "  bulber: {value"))
    assert "the model has the coefficients" in refusal(shelf)


def test_a_file_that_holds_itself_is_refused(shelf):
    text = (shelf / TRIAL).read_text()
    write(shelf, TRIAL, text.replace("\ncard:", "\ncard: &card\n  again: *card", 1))
    assert "holds itself" in refusal(shelf)


def test_a_released_file_that_is_gone_is_missed(shelf):
    (shelf / TRIAL).unlink()
    assert "listed in SHA256SUMS but not there" in refusal(shelf)
