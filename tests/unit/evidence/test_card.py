"""A card is whole or it is no card."""

import pytest
from pydantic import ValidationError

from app.evidence.card import ATTRIBUTE_IDS, QUESTIONS, Card

STATED = {"stated": "so it is"}
ANSWER = {"answer": "probably_yes", "because": "it was seen"}


def a_card(**changed):
    return {
        "source_attributes": dict.fromkeys(ATTRIBUTE_IDS, STATED),
        "inputs": {"required": ["a level"], "optional": []},
        "validation": {"internal": "none", "external": "none"},
        "subgroup_credibility": {
            "claim": "it differs",
            "answers": dict.fromkeys(QUESTIONS, ANSWER),
            "overall": "low",
            "judgement": "to be confirmed",
        },
        "limits": ["one trial"],
    } | changed


def without(part, name):
    return {key: value for key, value in part.items() if key != name}


def credibility(**changed):
    return {"subgroup_credibility": a_card()["subgroup_credibility"] | changed}


def test_a_whole_card_is_read():
    card = Card.model_validate(a_card())
    assert len(card.source_attributes) == 31
    assert card.safety is None


def test_a_prognosis_needs_no_subgroup_credibility():
    assert Card.model_validate(a_card(subgroup_credibility=None)).subgroup_credibility is None


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            {"source_attributes": without(a_card()["source_attributes"], "funding")},
            "source_attributes lacks funding",
        ),
        (
            {"source_attributes": a_card()["source_attributes"] | {"colour": STATED}},
            "source_attributes has unknown colour",
        ),
        (
            {"source_attributes": a_card()["source_attributes"] | {"funding": {}}},
            "one of stated, not_known and not_applicable",
        ),
        (
            {
                "source_attributes": a_card()["source_attributes"]
                | {"funding": STATED | {"not_known": "who knows"}}
            },
            "one of stated, not_known and not_applicable",
        ),
        (
            {"source_attributes": a_card()["source_attributes"] | {"funding": {"stated": ""}}},
            "at least 1 character",
        ),
        (
            credibility(answers=without(dict.fromkeys(QUESTIONS, ANSWER), "prior_evidence")),
            "answers lacks prior_evidence",
        ),
        (credibility(overall="splendid"), "very_low"),
        ({"limits": []}, "at least 1 item"),
        ({"colour": "blue"}, "Extra inputs"),
    ],
)
def test_a_card_with_a_hole_or_a_surprise_is_refused(changed, told):
    with pytest.raises(ValidationError, match=told):
        Card.model_validate(a_card(**changed))
