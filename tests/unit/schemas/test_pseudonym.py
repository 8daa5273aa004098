"""Identifiers must not point at a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.schemas import pseudonym
from app.schemas.person_name import CODE_WORDS
from app.schemas.pseudonym import Pseudonym

READ = TypeAdapter(Pseudonym).validate_python


def refusal(identifier):
    with pytest.raises(ValidationError) as refused:
        READ(identifier)
    return refused.value.errors()[0]["type"]


@pytest.mark.parametrize(
    "identifier",
    [
        "SITE-0042",
        "1",
        "patient-a",
        "101-0042",
        "P_1/2.3",
        "2024-001-002",
        "0000000012",
        "20269999",
        "1790000000000000000",
        "6f1e0c1c-3d8e-4b63-9d92-1f0f4a3a9a10",
        "A" * 64,
        "ALS-PARIS-0042", "NORTH-SITE-7", "LON-ABC", "AB-CD", "P-1", "a", "A", "abc", "als-001-a",
        "site-a", "SITE-ALPHA", "Site-Alpha", "SiteAlpha", "PAT.0042", "2024-0042", "GO-FUP-12",
        "ctrl_arm_07", "R2D2", "P001", "patient-one", "PatientOne", "subject_seven", "FR-LYO-0007",
        "TRIAL-ARM-B", "KQXZ-PTRW", "Smith", "DUPONT", "01-02-003", "SITE-01-02-03", "P-0000001234",
        "P-000012345678", "T-1234567890", "TEL-AVIV-0042", "PHASE-2-007", "MAY-12-007", "MAR-2024",
        "LON-MAR-12", "APR-121965", "2024-001-12", "1965",
        "6F1E0C1C-3D8E-4B63-9D92-1F0F4A3A9A10",
        "19650412-1965-4121-9650-412196504121",
        "a19650412b19650412", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "01arz3ndektsv19650412g5fav",
        "V1StGXR8_Z5jdHi6B-myT", "P-06311999fb4daed7", "site.b9ebf05261985f05",
        "KILLED-LAST", "merge-patch", "RoundTrip", "DOE-ROE", "JANE-0042", "jane", "site.maria",
    ],
)  # fmt: skip
def test_a_pseudonym_is_taken_as_it_is(identifier):
    assert READ(identifier) == identifier


@pytest.mark.parametrize(
    ("code", "identifiers"),
    [
        ("identifier_is_email", ["jane@example.org", "jane.doe@clinic"]),
        (
            "identifier_is_phone",
            [
                "+33612345678",
                "+33 6 12 34 56 78",
                "+1 (555) 123-4567",
                "0033612345678",
                "0612345678",
                "06.12.34.56.78",
                "06 12 34 56 78",
                "020-7946-0958",
                "555-123-4567",
                "5551234567",
                "123-45-6789",
                "TEL0612345678",
                "tel.06.12.34.56.78",
                "Phone-5551234567",
                "mob_07700900123",
                "FAX/0033612345678",
                "P-0612345678",
                "T0612345678",
            ],
        ),
        (
            "identifier_has_date",
            [
                "1965-04-12",
                "12.04.1965",
                "1.4.1965",
                "04/12/1965",
                "12/04/65",
                "19650412",
                "12041965",
                "JD-1965-04-12",
                "P19650412-2",
                "1965-4-12",
                "1965/4/2",
                "12-Apr-1965",
                "12APR1965",
                "12-Apr-65",
                "1965-APR-12",
                "April-12-1965",
                "JD-12apr1965",
                "12-04-65",
                "04-12-65",
            ],
        ),
        (
            "identifier_is_name",
            [
                "Jane Doe",
                "Doe, Jane",
                "Doe,Jane",
                "Jane.Doe",
                "Zoé Müller",
                "jane m. doe",
                "JANE-DOE",
                "jane.doe",
                "JANE.DOE",
                "jane_doe",
                "Jane/Doe",
                "JaneDoe",
                "McDonald.Ian",
                "DOE.JANE.1965",
                "JaneDoe1965",
                "Ian.Lee",
                "JO-SMITH",
                "Ann-Marie.Roe",
            ],
        ),
        (
            "identifier_shape",
            ["", "-1", "Müller", "a\n", "A" * 65, "P 42", "P\u202e42", "P\x0042", "\u04101", "ﬁ1"],
        ),
    ],
)
def test_what_points_at_a_person_is_refused_with_its_reason(code, identifiers):
    assert {identifier: refusal(identifier) for identifier in identifiers} == dict.fromkeys(
        identifiers, code
    )


def test_a_very_long_identifier_is_judged_at_once():
    assert refusal("a " * 500_000) == "identifier_is_name"


WORDS = st.from_regex(r"[A-Z]{1,12}|[a-z]{1,12}", fullmatch=True)
CODES = st.one_of(
    st.uuids().map(str),
    st.uuids().map(lambda one: str(one).upper()),
    st.uuids().map(lambda one: one.hex).filter(lambda code: not code.isdecimal()),
    st.from_regex(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", fullmatch=True),
    st.builds("{}-{}".format, WORDS, st.uuids()),
    st.builds("P-{}".format, st.from_regex(r"[0-9a-f]{11}[a-f]", fullmatch=True)),
    st.builds("{}-{}".format, WORDS, st.from_regex(r"[0-9]{1,6}", fullmatch=True)),
)


@given(CODES)
def test_a_code_that_was_drawn_at_random_is_never_refused(code):
    assert READ(code) == code


@given(st.from_regex(pseudonym._WORD_AND_NUMBER, fullmatch=True))
def test_the_short_way_takes_nothing_that_the_long_way_would_refuse(identifier):
    assert [code for finds, code, _ in pseudonym._REFUSALS if finds(identifier)] == []
    assert pseudonym._PSEUDONYM.fullmatch(identifier)


@given(word=WORDS)
def test_a_single_word_is_not_judged(word):
    assert READ(word) == word


@given(word=st.sampled_from(sorted(CODE_WORDS)), other=WORDS, mark=st.sampled_from("-._/"))
def test_a_word_that_codes_are_made_of_makes_no_name(word, other, mark):
    for code in (f"{word}{mark}{other}", f"{other}{mark}{word}".upper()):
        assert READ(code) == code


@pytest.mark.parametrize("identifier", [None, 42, True, ["P-1"]])
def test_only_text_is_an_identifier(identifier):
    assert refusal(identifier) == "string_type"
