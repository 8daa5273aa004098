"""The second opinion on a cohort's columns: patient by patient, through the repositories."""

from uuid import UUID

from app.clinic.page import Place
from app.cohort.cohort import ALIVE, DEAD, UNKNOWN
from app.cohort.follow_up import CENSORED, COMPETING, DEATH
from app.survival.level import parse_level
from app.survival.stratum import Range

VITAL = {"alive": ALIVE, "dead": DEAD}
ENDED_BY = {"death": DEATH, "tracheostomy": COMPETING, "niv": COMPETING}


async def everybody(patients):
    """All patients of a clinic, by the digest of their ids."""
    found, place = [], None
    while page := await patients.page(place, 200):
        found += page
        place = Place((page[-1].created_at,), page[-1].id)
    return sorted(found, key=key_of)


def key_of(patient):
    """The upper half of the id, times an odd number, and the lower half, crosswise."""
    upper, lower = divmod(UUID(patient.id).int, 2**64)
    return upper * 0x9E3779B97F4A7C15 % 2**64 ^ lower


def follow_up_of(facts):
    """Days, entry, whether alive, what ended it, and whether simulated."""
    days = facts.follow_up_days
    if days is None and facts.follow_up_date and facts.baseline_date:
        days = (facts.follow_up_date - facts.baseline_date).days
    return (
        None if days is None else float(days),
        float(facts.entry_days or 0),
        VITAL.get(facts.vital_status, UNKNOWN),
        ENDED_BY.get(facts.event_type, CENSORED),
        "synthetic" in facts.covariates,
    )


def value_of(name, facts, latest, strata):
    """What is known of a patient: a number, a text, or None."""
    if name == "pnfh":
        known = latest and latest.facts.comparator is None
        return float(level_of(latest).value) if known else None
    if name == "stratum":
        return latest and stratum_of(level_of(latest), strata)
    value = facts.covariates.get(name[2:]) if name.startswith("x_") else getattr(facts, name)
    return value if value is None or isinstance(value, str) else float(value)


def level_of(measurement):
    facts = measurement.facts
    return parse_level(str(facts.value), facts.unit, facts.comparator)


def stratum_of(level, strata):
    """The one stratum that holds all that the level leaves open; None without one."""
    known = Range.of(level)
    held = [name for name, range_ in strata.items() if range_.holds_all_of(known)]
    return held[0] if held else None


def spelt(value):
    """A number among texts, as a category is called: its shortest digits."""
    return repr(value).removesuffix(".0") if isinstance(value, float) else value
