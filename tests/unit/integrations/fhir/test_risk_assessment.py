"""Percentages keep the digits of the fraction, and the words exist in every language."""

import string
from decimal import Decimal

import pytest

from app.answers.phrases import LANGUAGES
from app.integrations.fhir.risk_assessment import percent
from app.integrations.fhir.risk_words import WORDS

PERCENT = {
    "0.7669083415752722": "76.69083415752722",
    "0.5": "50",
    "1": "100",
    "1.0": "100",
    "0": "0",
    "0.0": "0",
    "0.29": "29",
    "0.005": "0.5",
}


@pytest.mark.parametrize("fraction", PERCENT)
def test_a_percentage_has_the_digits_of_the_fraction(fraction):
    assert str(percent(Decimal(fraction))) == PERCENT[fraction]


def test_the_languages_are_those_of_the_service_and_say_the_same():
    assert set(WORDS) == set(LANGUAGES)

    def gaps(words):
        return {
            key: {name for _, name, _, _ in string.Formatter().parse(text) if name}
            for key, text in words.items()
        }

    first, *others = (gaps(words) for words in WORDS.values())
    assert others
    assert all(other == first for other in others)
