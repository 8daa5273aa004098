"""A filter finds in SQL whom a plain reading in Python finds, in the same order, page by page."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from types import SimpleNamespace

import pytest
from sqlalchemy import event, select
from sqlalchemy.dialects import postgresql

from app.clinic.filter import Condition, Filter
from app.clinic.page import By, Place
from app.clinic.patient import PatientFacts
from app.db.keyset import in_order
from app.db.measurements import MeasurementRepository
from app.db.patients import PatientRepository, patient
from app.db.transaction import clinic_transaction
from app.evidence.library import open_library
from app.schemas.search import SORTABLE, PatientFilter
from app.survival.level import parse_level
from app.survival.stratum import strata_meeting
from app.use_cases.records.list_patients import place_of
from tests.db.rows import NOON, a_clinic, a_measurement, a_patient
from tests.db.slow_filter import by_slow_sort, holds

STUDY = open_library().studies["mirocals-2025"]
STRATA = {stratum.id: stratum.range for stratum in STUDY.strata}
HOW_MANY = 60

NUMERIC = ("age_at_baseline", "svc_percent", "entry_days", "follow_up_days")
DATED = ("onset_date", "diagnosis_date", "riluzole_start", "baseline_date", "follow_up_date")
NUMBERS = ["0", "0.10", "1E-1", "7", "7.0", "62.5", "62.50", "91.49999", "100", "1E+2", "0.3"]
DAYS = [date(2023, 3, 1), date(2023, 3, 2), date(2023, 12, 31), date(2024, 2, 29)]
TEXTS = ["a", "B", "_", "b", "%", "3", "é", "it's \"so\" \\ 'on'"]
SCALE = {"pg/mL": 1, "ng/L": 1, "ng/mL": Decimal("0.001"), "ug/L": Decimal("0.001")}
LEVELS = ["749.9999", "750", "750.0", "1001", "1500", "3700", "3700.01", "4350", "0.07"]
VALUES = {
    "sex": ["female", "male", "other", "unknown"],
    "birth_year": [1940, 1961, 1962],
    "onset_site": ["limb", "bulbar"],
    "el_escorial": ["definite", "probable", "probable_lab"],
    "alsfrs_r": [0, 9, 10, 48],
    "c9orf72": [True, False],
    "ftd": [True, False],
    "arm": ["il2ld", "il2-ld", "il2_ld", "placebo"],
    "vital_status": ["alive", "dead"],
    "event_type": ["death", "niv"],
    **{name: [Decimal(text) for text in NUMBERS] for name in NUMERIC},
    **dict.fromkeys(DATED, DAYS),
}
COVARIATES = ["crp", "a.b-c", "Crp", "n"]
PREFIXES = ["P", "p", "P_", "P-", "P-1", "p.", "Q"]


def some_patients(random):
    """Make patients with every fact now stated, now not, and equal ones in other digits."""
    made = []
    for number in range(HOW_MANY):
        stated = {name: random.choice([None, *some]) for name, some in VALUES.items()}
        names = random.sample(COVARIATES, random.randint(0, 3))
        covariates = {
            name: random.choice([*map(Decimal, NUMBERS), *TEXTS, Decimal(10) ** 20])
            for name in names
        }
        at = NOON + timedelta(microseconds=random.randint(0, 20))
        identifier = f"{random.choice(['P', 'p', 'Q'])}{random.choice('-_.')}{number}"
        one = a_patient(identifier, created_at=at, covariates=covariates, **stated)
        made.append(replace(one, updated_at=at + timedelta(seconds=random.randint(0, 3))))
    return made


def some_levels(random, of):
    """Make up to three levels, dated or not; the same level in every unit."""
    for _ in range(random.randint(0, 3)):
        unit = random.choice(list(SCALE))
        yield a_measurement(
            of,
            str(Decimal(random.choice(LEVELS)) * SCALE[unit]),
            unit=unit,
            comparator=random.choice([None, None, None, "<", "<=", ">", ">="]),
            collected_at=random.choice([None, *DAYS, datetime(2024, 2, 29, 9, tzinfo=UTC)]),
            created_at=NOON + timedelta(microseconds=random.randint(0, 3)),
        )


async def keep(repository, levels, random):
    """Keep patients and their levels; give what each is known by."""
    known = []
    for one in some_patients(random):
        assert await repository.add(one)
        for level in some_levels(random, one):
            await levels.add(level)
            if random.random() < 0.2:
                await levels.delete(level, NOON)
        latest = await levels.latest(one.id, "pnfh", "csf")
        known.append(SimpleNamespace(patient=one, **level_facts(latest)))
    return known


def level_facts(latest):
    """Give the number in pg/mL and the one stratum a level lies in, by the science's own rules."""
    if latest is None:
        return {"pnfh": None, "stratum": None}
    level = parse_level(str(latest.facts.value), latest.facts.unit, latest.facts.comparator)
    meeting = strata_meeting(STUDY.ranges, level)
    return {
        "pnfh": None if level.is_bound else level.value,
        "stratum": STUDY.strata[meeting[0]].id if len(meeting) == 1 else None,
    }


def some_conditions(random):
    """Make a condition on every field, with every operator that it can have."""
    candidates = VALUES | {
        "identifier": ["P-1", "p.2", "Q_3"],
        "created_at": [NOON, NOON + timedelta(microseconds=9)],
        "updated_at": [NOON, NOON + timedelta(seconds=2)],
        "pnfh": [Decimal(text) for text in LEVELS],
        "stratum": list(STRATA),
        **{f"x_{name}": [*map(Decimal, NUMBERS), *TEXTS] for name in [*COVARIATES, "nobodys"]},
    }
    for field, values in candidates.items():
        yield Condition(field, "exists", random.choice([True, False]))
        yield Condition(field, "any_of", (random.choice(values),))
        yield Condition(field, "any_of", (None,))
        yield Condition(field, "any_of", (*random.sample(values, 2), None))
        yield Condition(field, "any_of", tuple(random.sample(values, 2)))
        yield Condition(field, "ne", random.choice(values))
        ordered = [one for one in values if not isinstance(one, bool | str)]
        for operator in ("lt", "lte", "gt", "gte") if ordered else ():
            yield Condition(field, operator, random.choice(ordered))
    for prefix in PREFIXES:
        yield Condition("identifier", "prefix", prefix)


def test_the_conditions_that_are_tried_are_on_every_field_there_is():
    tried = {condition.field for condition in some_conditions(Random(0))}
    assert {name for name in tried if not name.startswith("x_")} | {"id"} == {
        *PatientFilter.model_fields
    }
    assert {*VALUES, "identifier", "covariates"} == {field.name for field in fields(PatientFacts)}


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_filter_finds_the_same_patients_as_a_plain_reading(engine, seed):
    random = Random(seed)
    clinic_id = await a_clinic(engine)
    async with clinic_transaction(engine, clinic_id, writes=True) as connection:
        ours = PatientRepository(connection, clinic_id)
        known = await keep(ours, MeasurementRepository(connection, clinic_id), random)
        conditions = list(some_conditions(random))
        several = [Filter(tuple(random.sample(conditions, 2))) for _ in range(100)]
        for wanted in [*(Filter((one,)) for one in conditions), *several]:
            meant = [one.patient for one in known if all(holds(c, one) for c in wanted.conditions)]
            found = await ours.page(None, HOW_MANY, wanted=wanted, strata=STRATA)
            assert [one.id for one in found] == [
                one.id for one in by_slow_sort(meant, (By("created_at"),))
            ], wanted


@pytest.mark.parametrize("seed", [1, 2])
async def test_pages_in_any_order_meet_everybody_once(engine, seed):
    random = Random(seed)
    orders = [(By(name, descending),) for name in SORTABLE for descending in (False, True)]
    orders += [
        tuple(By(name, random.random() < 0.5) for name in random.sample(SORTABLE, 3))
        for _ in range(20)
    ]
    clinic_id = await a_clinic(engine)
    async with clinic_transaction(engine, clinic_id, writes=True) as connection:
        ours = PatientRepository(connection, clinic_id)
        known = await keep(ours, MeasurementRepository(connection, clinic_id), random)
        for order in orders:
            seen, place = [], None
            while rows := await ours.page(place, 17, order):
                seen += rows
                place = place_of(rows[-1], order)
            expected = by_slow_sort([one.patient for one in known], order)
            assert [one.id for one in seen] == [one.id for one in expected], order


async def test_a_page_goes_on_where_a_patient_was_who_is_there_no_more(engine):
    clinic_id = await a_clinic(engine)
    kept = [a_patient(f"P-{number}", alsfrs_r=number) for number in range(5)]
    async with clinic_transaction(engine, clinic_id, writes=True) as connection:
        ours = PatientRepository(connection, clinic_id)
        for one in kept:
            await ours.add(one)
        await ours.erase(kept[2].id)
        rest = await ours.page(Place((2,), kept[2].id), 5, (By("alsfrs_r"),))
    assert [one.id for one in rest] == [kept[3].id, kept[4].id]


@pytest.mark.parametrize("name", ["identifier", "sex", "arm"])
def test_text_goes_by_its_bytes_whatever_the_databases_language(name):
    # The test server speaks no language to show it with: what it is asked must say so.
    asked = in_order(select(patient), patient, (By(name),), Place(("B",), "")).compile(
        dialect=postgresql.dialect()
    )
    before, _, order = str(asked).partition("ORDER BY")
    assert f'patient.{name} COLLATE "C" > ' in before or f'(patient.{name} COLLATE "C", ' in before
    assert order.strip().startswith(f'patient.{name} COLLATE "C" ASC')


async def test_what_is_searched_for_is_never_part_of_the_statement(engine):
    sent = []
    clinic_id = await a_clinic(engine)
    marked = {
        "identifier": "MARKED-1",
        "x_marked": ["MARKED-2", Decimal(4815162342)],
        "svc_percent": {"gte": Decimal("48.151623")},
        "pnfh": {"lt": Decimal("4815.1623")},
    }

    def note(connection, cursor, statement, parameters, *_):
        sent.append((statement, str(parameters)))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    async with clinic_transaction(engine, clinic_id, writes=False) as connection:
        ours = PatientRepository(connection, clinic_id)
        await ours.page(None, 5, wanted=Filter.of(marked), strata=STRATA)
    (statement, parameters) = sent[-1]
    for mark in ("MARKED-1", "marked", "MARKED-2", "4815162342", "48.151623", "4.8151623"):
        assert mark in parameters
        assert mark not in statement
