"""A cohort's columns hold what the records say, patient by patient, in both databases."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import numpy as np
import pytest
from sqlalchemy import insert

from app.clinic.filter import Condition, Filter
from app.cohort.columns import CategoricalColumn, NumericColumn
from app.db.cohort_columns import NEVER_CHANGED, CohortColumns
from app.db.column_chunks import ROWS
from app.db.fact_columns import VARIABLES
from app.db.measurements import MeasurementRepository
from app.db.patients import PatientRepository, patient
from app.db.transaction import clinic_transaction
from app.evidence.library import open_library
from app.use_cases.transfer.export_patients import one_moment
from tests.db.rows import NOON, a_clinic, a_measurement, a_patient
from tests.db.slow_cohort import everybody, follow_up_of, key_of, spelt, value_of

STRATA = open_library().studies["mirocals-2025"].ranges_by_id
MORNING = datetime(2026, 2, 1, 8, tzinfo=UTC)
DAYS = [None, date(2024, 2, 28), date(2024, 3, 1), date(2025, 12, 31)]
COVARIATES = ["number", "text", "mixed", "a.b-c", "synthetic"]
NAMES = [*VARIABLES, *(f"x_{name}" for name in COVARIATES), "x_nobodys"]
LEVELS = ["749.9999", "750", "750.0", "1001", "1E+3", "3700", "3700.0001", "9000"]
SCALE = {"pg/mL": 1, "ng/L": 1, "ng/mL": Decimal("0.001"), "ug/L": Decimal("0.001")}


async def keep(engine, clinic_id, *patients, levels=()):
    async with clinic_transaction(engine, clinic_id, writes=True) as connection:
        repository = PatientRepository(connection, clinic_id)
        for one in patients:
            assert await repository.add(one)
        for level in levels:
            await MeasurementRepository(connection, clinic_id).add(level)


async def read(engine, clinic_id, *names):
    async with one_moment(engine, clinic_id) as connection:
        columns = CohortColumns(connection, clinic_id, STRATA)
        return await columns.add(await columns.read((await columns.state()).version), names)


async def levels_of(engine, *levels, clinic="North"):
    """The latest level and its stratum of the clinic's only patient, who has these levels."""
    clinic_id, one = await a_clinic(engine, clinic), a_patient()
    kept = [a_measurement(one, **level) for level in levels]
    await keep(engine, clinic_id, one, levels=kept)
    cohort = await read(engine, clinic_id, "pnfh", "stratum")
    (number,) = told(cohort.columns["pnfh"])
    (stratum,) = told(cohort.columns["stratum"])
    return number, stratum


def told(column):
    """A column as numbers or texts, None where there is none."""
    if isinstance(column, CategoricalColumn):
        return [None if code < 0 else column.categories[code] for code in column.codes]
    return [None if np.isnan(value) else value for value in column.values.tolist()]


def somebody(random, number):
    """A patient of whom every fact is now stated, now not."""
    pick = random.choice
    covariates = {
        "number": pick([Decimal("0.5"), Decimal("1E+2"), Decimal(-7), Decimal("3.14159265358979")]),
        "text": pick(["a", "B", "é", "it's \"so\" \\ , 'on'"]),
        "mixed": pick([Decimal(3), Decimal("3.0"), "3", "high", Decimal("0.1")]),
        "a.b-c": pick(["x", "y"]),
        "synthetic": "yes",
    }
    names = random.sample(COVARIATES, random.randint(0, 4))
    return a_patient(
        f"P-{number}",
        sex=pick([None, "female", "male"]),
        birth_year=pick([None, 1950, 1961]),
        age_at_baseline=pick([None, Decimal("61.25"), Decimal(40)]),
        onset_site=pick([None, "limb", "bulbar"]),
        el_escorial=pick([None, "definite", "probable_lab"]),
        alsfrs_r=pick([None, 0, 48]),
        svc_percent=pick([None, Decimal("91.5"), Decimal(70)]),
        c9orf72=pick([None, True, False]),
        ftd=pick([None, True, False]),
        arm=pick([None, "il2ld", "placebo"]),
        baseline_date=pick([None, date(2024, 2, 28), date(2020, 1, 1)]),
        entry_days=pick([None, Decimal(0), Decimal("10.5")]),
        follow_up_date=pick(DAYS),
        follow_up_days=pick([None, None, Decimal(0), Decimal("0.5"), Decimal("640.0")]),
        vital_status=pick([None, "alive", "dead", "unknown"]),
        event_type=pick([None, None, "death", "tracheostomy", "niv"]),
        covariates={name: covariates[name] for name in names},
    )


def levels_for(random, one):
    """Up to four levels, among them some of another fluid or biomarker."""
    for _ in range(random.randint(0, 4)):
        unit = random.choice(list(SCALE))
        yield a_measurement(
            one,
            str(Decimal(random.choice(LEVELS)) * SCALE[unit]),
            unit=unit,
            comparator=random.choice([None, None, "<", "<=", ">", ">="]),
            specimen=random.choice(["csf", "csf", "csf", "serum"]),
            biomarker=random.choice(["pnfh", "pnfh", "pnfh", "nfl"]),
            collected_at=random.choice([None, *DAYS, MORNING, MORNING + timedelta(microseconds=1)]),
            created_at=NOON + timedelta(microseconds=random.randint(0, 2)),
        )


async def keep_some(engine, clinics, random, n=60):
    """Keep patients of all clinics by turns, some of them deleted, like some of their levels."""
    for start in range(0, n, 10):
        for clinic_id in clinics:
            async with clinic_transaction(engine, clinic_id, writes=True) as connection:
                for number in range(start, start + 10):
                    await keep_one(connection, clinic_id, random, number)


async def keep_one(connection, clinic_id, random, number):
    patients = PatientRepository(connection, clinic_id)
    measurements = MeasurementRepository(connection, clinic_id)
    one = somebody(random, number)
    assert await patients.add(one)
    for level in levels_for(random, one):
        await measurements.add(level)
        if random.random() < 0.2:
            await measurements.delete(level, NOON)
    if random.random() < 0.1:
        gone = replace(one, version=2, deleted_at=NOON, change="deleted")
        await patients.supersede(gone)


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_columns_are_what_the_repositories_say_patient_by_patient(engine, seed):
    ours, others = await a_clinic(engine), await a_clinic(engine, "South")
    await keep_some(engine, [ours, others], Random(seed))
    cohort = await read(engine, ours, *NAMES)
    async with clinic_transaction(engine, ours, writes=False) as connection:
        known = await everybody(PatientRepository(connection, ours))
        measured = MeasurementRepository(connection, ours)
        latest = [await measured.latest(one.id, "pnfh", "csf") for one in known]
    assert 30 < len(known) < 60  # some were deleted
    assert cohort.keys.tolist() == [key_of(one) for one in known]
    days, entry, vital, ended_by, synthetic = zip(
        *(follow_up_of(one.facts) for one in known), strict=True
    )
    assert told(NumericColumn(cohort.days)) == list(days)
    assert cohort.entry.tolist() == list(entry)
    assert cohort.vital.tolist() == list(vital)
    assert cohort.ended_by.tolist() == list(ended_by)
    assert cohort.is_synthetic.tolist() == list(synthetic)
    for name in NAMES:
        expected = [
            value_of(name, one.facts, level, STRATA)
            for one, level in zip(known, latest, strict=True)
        ]
        if name == "x_mixed":
            expected = [spelt(value) for value in expected]
        found = told(cohort.columns[name])
        if name == "pnfh":  # 1.001 ng/mL is a float that was multiplied
            assert [v and round(v, 9) for v in found] == [v and round(v, 9) for v in expected]
        else:
            assert found == expected, name


KINDS = {
    "x_number": NumericColumn,
    "x_text": CategoricalColumn,
    "x_mixed": CategoricalColumn,
    "x_nobodys": NumericColumn,
    "c9orf72": NumericColumn,
    "pnfh": NumericColumn,
    "stratum": CategoricalColumn,
}


async def test_a_covariate_is_numbers_unless_it_is_a_text_for_somebody(engine):
    clinic_id = await a_clinic(engine)
    first = {"number": Decimal(2), "text": "b", "mixed": Decimal("2.50")}
    second = {"number": Decimal(1), "text": "a", "mixed": "2.5"}
    known = [a_patient(covariates=first), a_patient(covariates=second)]
    await keep(engine, clinic_id, *known)
    cohort = await read(engine, clinic_id, *KINDS)
    assert {name: type(column) for name, column in cohort.columns.items()} == KINDS
    assert cohort.columns["x_text"].categories == ("a", "b")
    assert cohort.columns["x_mixed"].categories == ("2.5",)


async def test_categories_are_sorted_by_their_letters(engine):
    clinic_id = await a_clinic(engine)
    arms = ["placebo", "il2ld", "il2_ld", "none"]
    await keep(engine, clinic_id, *(a_patient(arm=arm) for arm in arms))
    assert (await read(engine, clinic_id, "arm")).columns["arm"].categories == tuple(sorted(arms))


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ({"value": "0.75", "unit": "ng/mL"}, (750, "low")),
        ({"value": "749.9999999"}, (749.9999999, "very_low")),
        ({"value": "3.7", "unit": "ug/L"}, (3700, "low")),
        ({"value": "3.7000001", "unit": "ng/mL"}, (3700.0001, "high")),
        ({"value": "3700.00000001"}, (3700.00000001, "high")),
        ({"value": "750", "comparator": "<"}, (None, "very_low")),
        ({"value": "750", "comparator": "<="}, (None, None)),
        ({"value": "3700", "comparator": ">"}, (None, "high")),
        ({"value": "3700", "comparator": ">="}, (None, None)),
        ({"value": "1000", "comparator": ">"}, (None, None)),
        ({"value": "1500", "specimen": "serum"}, (None, None)),
    ],
)
async def test_a_level_lies_in_its_stratum_exactly(engine, level, expected):
    assert await levels_of(engine, level) == expected


async def test_postgresql_tells_levels_apart_beyond_the_fifteenth_digit(engine):
    # 3700.0000000000001 has 17 digits: SQLite compares the nearest of its own numbers, 3700.
    _, stratum = await levels_of(engine, {"value": "3700.0000000000001"})
    assert stratum == ("high" if engine.dialect.name == "postgresql" else "low")


LATER = NOON + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ({"collected_at": None}, {"collected_at": date(1950, 1, 1)}),
        ({"collected_at": date(2026, 1, 31)}, {"collected_at": date(2026, 2, 1)}),
        ({"collected_at": date(2026, 2, 1)}, {"collected_at": MORNING}),
        ({"collected_at": MORNING}, {"collected_at": date(2026, 2, 2)}),
        ({"collected_at": MORNING}, {"collected_at": MORNING + timedelta(microseconds=1)}),
        ({"created_at": NOON}, {"created_at": LATER}),
        ({"created_at": NOON}, {"created_at": NOON + timedelta(microseconds=1)}),
        (
            {"collected_at": MORNING, "created_at": NOON},
            {"collected_at": MORNING, "created_at": LATER},
        ),
    ],
)
async def test_the_latest_level_is_the_one_collected_last(engine, older, newer):
    old, new = {"value": "100", **older}, {"value": "5000", **newer}
    assert await levels_of(engine, old, new) == (5000, "high")
    assert await levels_of(engine, new, old, clinic="South") == (5000, "high")


async def test_of_levels_kept_at_one_moment_the_one_of_the_greatest_id_counts(engine):
    one, clinic_id = a_patient(), await a_clinic(engine)
    some = [a_measurement(one, str(1000 + number)) for number in range(8)]
    await keep(engine, clinic_id, one, levels=some)
    greatest = max(some, key=lambda level: level.id)
    cohort = await read(engine, clinic_id, "pnfh")
    assert told(cohort.columns["pnfh"]) == [float(greatest.facts.value)]


async def test_levels_of_patients_who_were_deleted_are_nobodys(engine):
    clinic_id, gone = await a_clinic(engine), a_patient()
    await keep(engine, clinic_id, gone, levels=[a_measurement(gone), a_measurement(gone)])
    async with clinic_transaction(engine, clinic_id, writes=True) as connection:
        deleted = replace(gone, version=2, deleted_at=NOON, change="deleted")
        await PatientRepository(connection, clinic_id).supersede(deleted)
    cohort = await read(engine, clinic_id, "pnfh", "stratum")
    assert told(cohort.columns["pnfh"]) == told(cohort.columns["stratum"]) == []


async def test_days_are_stated_or_lie_between_two_dates(engine):
    clinic_id = await a_clinic(engine)
    first, leap = date(2024, 2, 28), {"follow_up_date": date(2024, 3, 1)}
    stated = [
        {"follow_up_days": Decimal("0.5")},
        {"baseline_date": first, **leap},  # 2024 is a leap year: 2 days
        {"baseline_date": first, **leap, "follow_up_days": Decimal("2.25")},
        {**leap},  # without a beginning nothing is known
    ]
    known = [a_patient(**facts) for facts in stated]
    await keep(engine, clinic_id, *known)
    cohort = await read(engine, clinic_id)
    expected = dict(zip(map(key_of, known), [0.5, 2.0, 2.25, None], strict=True))
    found = told(NumericColumn(cohort.days))
    assert dict(zip(cohort.keys.tolist(), found, strict=True)) == expected


async def test_a_clinic_without_patients_has_a_cohort_of_nobody(engine):
    ours, others = await a_clinic(engine), await a_clinic(engine, "South")
    await keep(engine, others, a_patient())
    cohort = await read(engine, ours, *NAMES)
    assert len(cohort) == 0
    assert cohort.version == NEVER_CHANGED
    assert set(cohort.columns) == set(NAMES)
    assert not any(told(column) for column in cohort.columns.values())


async def test_many_patients_of_two_clinics_are_read_chunk_by_chunk(engine):
    clinics = [await a_clinic(engine), await a_clinic(engine, "South")]
    n = 2 * ROWS + 1
    rows = [
        {
            "clinic_id": clinics[number % 2],
            "id": a_patient().id,
            "identifier": f"P-{number}",
            "alsfrs_r": number % 49,
            "sex": ("female", "male")[number % 3 == 0],
            "follow_up_days": Decimal(number),
            "covariates": {"n": Decimal(number)},
            "created_at": NOON,
            "updated_at": NOON,
            "version": 1,
        }
        for number in range(2 * n)
    ]
    for clinic_id in clinics:
        async with clinic_transaction(engine, clinic_id, writes=True) as connection:
            ours = [row for row in rows if row["clinic_id"] == clinic_id]
            await connection.execute(insert(patient), ours)
    both = await asyncio.gather(*(read(engine, one, "alsfrs_r", "sex", "x_n") for one in clinics))
    for place, cohort in enumerate(both):
        assert sorted(cohort.days.tolist()) == list(range(place, 2 * n, 2))
        numbers = cohort.days.astype(int)
        assert cohort.columns["x_n"].values.tolist() == cohort.days.tolist()
        assert (cohort.columns["alsfrs_r"].values == numbers % 49).all()
        assert (cohort.columns["sex"].codes == (numbers % 3 == 0)).all()


async def test_a_filter_means_the_patients_that_a_search_finds(engine):
    clinic_id = await a_clinic(engine)
    await keep_some(engine, [clinic_id], Random(3))
    conditions = [
        Condition("stratum", "any_of", ("low", "high")),
        Condition("stratum", "any_of", ("low", None)),
        Condition("stratum", "ne", "low"),
        Condition("stratum", "exists", False),
        Condition("x_number", "exists", True),
        Condition("arm", "ne", "placebo"),
        Condition("alsfrs_r", "any_of", (None, 0)),
        Condition("pnfh", "gt", Decimal(1000)),
    ]
    both = Filter((conditions[2], conditions[-1]))
    for wanted in [Filter(), both, *(Filter((one,)) for one in conditions)]:
        async with one_moment(engine, clinic_id) as connection:
            columns = CohortColumns(connection, clinic_id, STRATA)
            cohort = await columns.add(await columns.read("now"), ["stratum"])
            mask = await columns.meant(cohort, wanted)
            page = await PatientRepository(connection, clinic_id).page(
                None, 100, wanted=wanted, strata=STRATA
            )
        assert 0 < len(page) <= len(cohort)
        assert set(cohort.keys[mask].tolist()) == {key_of(one) for one in page}
