"""A small cohort that evidence is fitted from: seeded, in whole days, with an effect by level."""

import numpy as np

from app.cohort.columns import NumericColumn
from app.cohort.evidence.fitted_groups import fit_groups
from app.cohort.evidence.strata import stratify
from app.cohort.evidence.two_arms import TwoArms
from app.cohort.follow_up import FollowUp
from app.evidence.fitted_document import Fit, FittedDocument
from app.evidence.fitted_study import write_document
from tests.builders import LIBRARY, MIROCALS

MODEL_ID = "0b1f4b0e-9a07-4c39-8c52-2c4f6d3f7a10"


def some_patients(n=400, seed=20260301):
    """Simulate n patients: days, death, treated, level in pg/mL and age, as columns."""
    chance = np.random.default_rng(seed)
    treated = chance.random(n) < 0.45
    level = np.round(np.exp(chance.normal(7.5, 0.8, n)), 1)
    age = np.round(chance.normal(60, 9, n), 1)
    hazard = np.exp(0.02 * (age - 60) + 1e-4 * level + treated * (np.log(0.45) + 1.5e-4 * level))
    died = np.ceil(700 * (chance.exponential(size=n) / hazard) ** (1 / 1.4))
    left = chance.integers(200, 1200, n)
    return {
        "days": np.minimum(died, left).astype(float),
        "death": (died <= left).astype(np.int8),
        "treated": treated,
        "level": level,
        "age": age,
    }


def two_arms(patients, *, adjusted=True, interaction=True):
    """See simulated patients as two arms in the strata of the published trial."""
    return TwoArms(
        FollowUp(patients["days"], patients["death"]),
        patients["treated"],
        stratify(NumericColumn(patients["level"]), MIROCALS.ranges_by_id),
        patients["age"][np.newaxis] if adjusted else np.empty((0, patients["age"].size)),
        ("x_age",) if adjusted else (),
        None,
        patients["level"] if interaction else None,
    )


def a_fit(**changes):
    told = {
        "evidence_id": "fitted-0a1b2c3d", "title": "Own cohort", "model_id": MODEL_ID,
        "cohort_version": "unchanged", "fitted_date": "2026-03-01", "treatment": "il2ld",
        "control": "none", "endpoint": "death", "adjustment": "Cox model with x_age",
        "minimum": 10, "is_coarse": False, "is_synthetic": False,
    }  # fmt: skip
    return Fit(**told | changes)


def a_fitted_document(patients=None, **changes):
    """Give the document of evidence that simulated patients become, as plain data."""
    groups = fit_groups(two_arms(patients or some_patients()), 10)
    base = LIBRARY.entry(MIROCALS.id).file
    return FittedDocument(a_fit(**changes), groups, base).document()


def a_fitted_content(**changes):
    """Give its bytes."""
    return write_document(a_fitted_document(**changes))


def as_csv(patients, arms=("none", "il2ld")):
    """Write simulated patients as a file that can be imported."""
    names = "identifier,arm,follow_up_days,vital_status,age_at_baseline,x_age"
    rows = [f"{names},pnfh,pnfh_unit,pnfh_specimen"]
    for i, (day, dead, treated, level, age) in enumerate(
        zip(*(patients[name].tolist() for name in patients), strict=True)
    ):
        status = "dead" if dead else "alive"
        arm = arms[int(treated)]
        rows.append(f"P-{i:05d},{arm},{day:g},{status},{age:g},{age:g},{level:g},pg/mL,csf")
    return "\n".join(rows) + "\n"
