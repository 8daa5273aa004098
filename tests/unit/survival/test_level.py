"""A level is read exactly or refused, with every fault at once."""

from decimal import Decimal

import pytest

from app.errors import InvalidInput
from app.survival.level import HIGHEST, parse_level, plain
from tests.builders import a_level


def faults(value="1500", unit="pg/mL", *others, **options):
    with pytest.raises(InvalidInput) as refused:
        parse_level(value, unit, *others, **options)
    return refused.value.faults


def codes(*sent, **options):
    return [fault.code for fault in faults(*sent, **options)]


@pytest.mark.parametrize(
    "text",
    [
        "", " ", " 1", "1 ", "1\n", "1,5", "1.500,0", "1_000", "1 000", "1'000", "+5", "1.", ".5",
        "0x10", "1e", "e5", "1e5.5", "--1", "٣", "\uff11\uff15", "²", "½", "NaN", "nan", "sNaN",
        "inf", "-inf", "Infinity", "None", "true", "<750", "750 pg/mL", "1\x00", "1\u200b",
        "1e" + "9" * 19, "1e-" + "9" * 19, "0e" + "9" * 25,
    ],
)  # fmt: skip
def test_text_that_is_no_plain_decimal_is_not_a_number(text):
    assert codes(text) == ["not_a_number"]


@pytest.mark.parametrize(
    "value",
    [True, False, None, [], [1500], {}, {"value": 1}, b"1500", float("nan"), float("inf"), 1j,
     Decimal("NaN"), Decimal("-Infinity")],
)  # fmt: skip
def test_a_thing_that_is_no_decimal_is_not_a_number(value):
    assert codes(value) == ["not_a_number"]


@pytest.mark.parametrize(
    "value",
    ["1" * 65, "1" * 5000, "0." + "1" * 63, 10**64, 10**5000],
    ids=["65 digits", "5000 digits", "63 decimals", "a number of 65", "a number of 5001"],
)
def test_a_number_of_more_than_64_characters_is_too_long(value):
    assert codes(value) == ["too_long"]


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        ("0", "pg/mL"), ("-0", "pg/mL"), ("0.000", "pg/mL"), ("0e9", "pg/mL"), ("-5", "pg/mL"),
        ("1e-999", "pg/mL"), ("1e-" + "9" * 18, "ng/mL"), ("9e-301", "pg/mL"),
        ("1e999", "pg/mL"), ("1e" + "9" * 18, "pg/mL"), ("1000000.1", "pg/mL"),
        ("1000000." + "0" * 40 + "1", "pg/mL"), ("1000.001", "ng/mL"), ("1000000", "ug/L"),
    ],
)  # fmt: skip
def test_a_number_that_no_level_can_be_is_out_of_range(value, unit):
    assert codes(value, unit) == ["biomarker_out_of_range"]


@pytest.mark.parametrize(
    ("value", "unit", "exact"),
    [
        ("1000000", "pg/mL", HIGHEST),
        ("1000", "ng/mL", HIGHEST),
        ("1e-300", "pg/mL", Decimal("1e-300")),
        (1500, "ng/L", Decimal(1500)),
        (1.5, "ng/mL", Decimal(1500)),
        ("0.75", "ng/mL", Decimal(750)),
        ("3.7000001", "ug/L", Decimal("3700.0001")),
        ("1." + "0" * 61 + "1", "ng/mL", Decimal("1000." + "0" * 58 + "1")),
    ],
)
def test_an_amount_is_converted_exactly(value, unit, exact):
    assert parse_level(value, unit).value == exact


@pytest.mark.parametrize(
    "unit",
    ["mol/L", "mmol/L", "umol/L", "µmol/L", "μmol/L", "nmol/L", "nmol/l", "pmol/L", "pmol/mL",
     "fmol/L", "M", "mM", "uM", "µM", "nM", "pM", "NMOL/L"],
)  # fmt: skip
def test_a_molar_unit_is_refused_because_the_mass_is_ambiguous(unit):
    (fault,) = faults("1", unit)
    assert (fault.pointer, fault.code) == ("/unit", "unit_not_supported")
    assert "mass is ambiguous" in fault.detail


@pytest.mark.parametrize(
    ("unit", "meant"),
    [
        ("pg/ml", "pg/mL"), ("PG/ML", "pg/mL"), ("Pg/mL", "pg/mL"), ("pg/mL ", "pg/mL"),
        ("pg / mL", "pg/mL"), ("ng/l", "ng/L"), ("NG/L", "ng/L"), ("ng/ml", "ng/mL"),
        ("NG/ML", "ng/mL"), ("Ng/Ml", "ng/mL"), ("ug/l", "ug/L"), ("UG/L", "ug/L"),
        ("µg/L", "ug/L"), ("μg/l", "ug/L"),
    ],
)  # fmt: skip
def test_a_unit_in_another_spelling_is_refused_with_the_one_that_was_meant(unit, meant):
    (fault,) = faults("1", unit)
    assert fault.code == "unit_not_supported"
    assert fault.detail.endswith(f", written exactly so. Did you mean {meant}?")


@pytest.mark.parametrize("unit", ["", "IU", "%", "x" * 99, None, 1, [], True])
def test_a_thing_that_is_no_unit_is_refused_without_a_guess(unit):
    (fault,) = faults("1", unit)
    assert fault.code == "unit_not_supported"
    assert "Did you mean" not in fault.detail


@pytest.mark.parametrize("comparator", ["", "=", "==", "=<", "≤", "<<", "lt", " <", True, ["<"]])
def test_an_unknown_comparator_is_refused(comparator):
    assert codes("1", "pg/mL", comparator) == ["unknown_comparator"]


@pytest.mark.parametrize("specimen", ["serum", "plasma", "blood", "CSF", "csf ", "", None, 1])
def test_every_specimen_but_csf_is_refused(specimen):
    assert codes("1", "pg/mL", None, specimen) == ["specimen_not_applicable"]


def test_the_refusal_of_serum_says_why():
    (fault,) = faults("1", "pg/mL", None, "serum")
    assert "r = 0.65" in fault.detail


def test_all_faults_are_told_at_once_with_their_places():
    found = faults("1,5", "pmol/L", "=", "serum", pointer="/pnfh")
    assert [(fault.pointer, fault.code) for fault in found] == [
        ("/pnfh/value", "not_a_number"),
        ("/pnfh/unit", "unit_not_supported"),
        ("/pnfh/comparator", "unknown_comparator"),
        ("/pnfh/specimen", "specimen_not_applicable"),
    ]


def test_a_level_below_detection_is_told_how_to_send_a_bound():
    (fault,) = faults("0")
    assert "comparator '<'" in fault.detail


def test_what_was_given_stays_as_it_was_given():
    level = parse_level("1.50", "ng/mL", "<")
    assert (level.text, level.unit, level.comparator, level.is_bound) == (
        "1.50",
        "ng/mL",
        "<",
        True,
    )


def test_a_level_without_a_comparator_is_no_bound():
    assert not a_level("1500").is_bound


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1.5E+3", "1500"), ("1500.00", "1500"), ("3700.0001", "3700.0001"), ("1e6", "1000000"),
        ("0.0000001", "0.0000001"), ("0.00000001", "1E-8"), ("749." + "9" * 40, "749." + "9" * 40),
    ],
)  # fmt: skip
def test_an_exact_amount_is_written_as_a_plain_json_number(amount, text):
    assert plain(Decimal(amount)) == text
