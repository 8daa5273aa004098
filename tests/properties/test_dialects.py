"""One calculation, told in three dialects: every number in FHIR and on a card is the answer's own.

The answer that the others are held against is the JSON of the service, read digit by digit; that it
is right is asked in `tests/oracle`.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from app.answers.answer import Answers, Manner
from app.answers.phrases import phrases_in
from app.api.records.reply import write_json
from app.integrations.cds_hooks.card import NUMBERS, card_of
from app.integrations.fhir.element import Element
from app.integrations.fhir.levels import read_level
from app.integrations.fhir.risk_assessment import Occasion, show_risk
from app.schemas.strict_json import parse_json
from app.survival.level import parse_level
from tests.api.fhir_resources import CODE, UCUM, part_of, told_of
from tests.builders import STUDIES
from tests.properties.strategies import levels, questions, studies

ANSWERS = Answers("1.2.3")
CODES = frozenset({("urn:neurostrata:biomarker", "pnfh-csf")})
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
details = st.sampled_from(["full", "summary"])
languages = st.sampled_from(["en", "fr"])


def exact(content):
    """Read JSON with every number as it is written."""
    return json.loads(content, parse_float=Decimal, parse_int=Decimal)


def in_fhir(body, language):
    """Lay an answer out as a RiskAssessment and read it as a stranger would."""
    occasion = Occasion(subject={"reference": "Patient/1"}, basis=(), at=AT, language=language)
    return exact(write_json(show_risk(parse_json(body), occasion, "1.2.3")))


def rows_of(curves):
    """Each arm's survival at each day of an answer: since when, and whether past follow-up."""
    if curves is None:
        return
    since, later = curves.get("conditional"), curves.get("extrapolated")
    blocks = [(curves["arms"], Decimal(0), False)]
    blocks += [(since["arms"], since["alive_at"], False)] if since else []
    blocks += [(later["arms"], Decimal(0), True)] if later else []
    for arms, start, is_later in blocks:
        for arm in arms:
            for row in arm["survival_at"]:
                yield arm["id"], start, is_later, row


def as_fractions(value_range):
    """The ends of a range in percent."""
    return tuple(value_range[end]["value"] / 100 for end in ("low", "high"))


@settings(max_examples=300)
@given(question=questions, study=studies, detail=details, language=languages)
def test_every_number_of_a_risk_assessment_is_the_answers_own(question, study, detail, language):
    body = ANSWERS.give(question, STUDIES[study], Manner("estimate", detail, language)).body
    told, risk = exact(body), in_fhir(body, language)
    expected = list(rows_of(told["survival_curves"]))
    predictions = risk.get("prediction", [])
    assert len(predictions) == len(expected)
    for prediction, (arm, start, is_later, row) in zip(predictions, expected, strict=True):
        span = prediction["whenRange"]
        assert told_of(prediction, "arm")[0]["valueCode"] == arm
        assert (span["low"]["value"], span["high"]["value"]) == (start, row["time"])
        assert bool(told_of(prediction, "extrapolated")) is is_later
        assert prediction["probabilityDecimal"] == 100 * row["survival"]
        assert 0 <= prediction["probabilityDecimal"] <= 100
        (interval,), (band,) = told_of(prediction, "interval"), told_of(prediction, "outer-band")
        assert as_fractions(interval["valueRange"]) == (row["lower"], row["upper"])
        outer = row["shape_sensitivity"]
        assert as_fractions(band["valueRange"]) == (outer["band_lower"], outer["band_upper"])


RATIO = {"value": "value", "lower": "lower", "upper": "upper", "p_value": "p-value"}


@settings(max_examples=200)
@given(question=questions, study=studies, detail=details, language=languages)
def test_every_ratio_status_and_reason_of_a_risk_assessment_is_the_answers_own(
    question, study, detail, language
):
    body = ANSWERS.give(question, STUDIES[study], Manner("estimate", detail, language)).body
    told, risk = exact(body), in_fhir(body, language)
    effect, whole = told["treatment_effect"] or {}, told["context"]["whole_trial"]
    ratios = {
        "hazard-ratio": effect.get("hazard_ratio"),
        "whole-trial-hazard-ratio": whole["hazard_ratio"],
    }
    for name, ratio in ratios.items():
        stated = told_of(risk, name)
        assert bool(stated) is (ratio is not None)
        for member, part in RATIO.items():
            if ratio is not None and ratio[member] is not None:
                assert part_of(stated[0], part) == ratio[member]
    assert told_of(risk, "status")[0]["valueCode"] == told["status"]
    reason = told["reason"]
    assert [one["valueCode"] for one in told_of(risk, "reason")] == (
        [reason["code"]] if reason else []
    )
    notes = [one["text"] for one in risk["note"]]
    for one in (*told["notices"], *([{"text": reason["message"]}] if reason else [])):
        assert one["text"] in notes
    assert {one["message"] for one in told["warnings"]} <= {*notes}


@settings(max_examples=200)
@given(level=levels())
def test_a_level_in_an_observation_is_the_level_itself(level):
    quantity = {
        "value": Decimal(level.text),
        "unit": level.unit,
        "system": UCUM,
        "code": level.unit,
    }
    bound = {"comparator": level.comparator} if level.comparator else {}
    observation = {
        "resourceType": "Observation", "status": "final", "code": CODE,
        "valueQuantity": quantity | bound,
    }  # fmt: skip
    read = read_level(Element(parse_json(write_json(observation))), CODES)
    assert parse_level(read.value, read.unit, read.comparator, read.specimen) == level


@settings(max_examples=200)
@given(question=questions, study=studies, language=languages)
def test_every_number_of_a_card_is_the_answers_own(question, study, language):
    manner = Manner("estimate", "summary", language)
    told = json.loads(ANSWERS.give(question, STUDIES[study], manner).body)
    card = card_of(told, phrases_in(language), "0", "https://neurostrata.example")
    numbers = card["extension"][NUMBERS]
    effect, curves = told["treatment_effect"] or {}, told["survival_curves"] or {"arms": []}
    whole = told["context"]["whole_trial"]
    assert (numbers["status"], numbers["input"]) == (told["status"], told["input"])
    for stated, ratio in (
        (numbers.get("hazard_ratio", {}), effect.get("hazard_ratio") or {}),
        (numbers["whole_trial"]["hazard_ratio"], whole["hazard_ratio"]),
    ):
        for member in RATIO:
            assert stated.get(member) == ratio.get(member)
    rows = [(arm["id"], row) for arm in curves["arms"] for row in arm["survival_at"]]
    found = numbers.get("survival_at", [])
    assert [one["arm"] for one in found] == [arm for arm, _ in rows]
    for one, (_, row) in zip(found, rows, strict=True):
        assert {name: one[name] for name in row} == row
