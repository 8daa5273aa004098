"""Valid objects, so that a test states only what matters to it."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import orjson

from app.answers.answer import Answers, Manner
from app.clinic.kept_estimate import KeptEstimate, digest_of
from app.clinic.kept_question import write_question
from app.evidence.library import open_library
from app.survival.curve import GroupCurves
from app.survival.estimate import Question, Wishes, curves_of, estimate_survival
from app.survival.hazard import HazardRatio
from app.survival.level import parse_level
from app.survival.pair import pair_arms
from app.survival.provenance import Estimand, Source
from app.survival.study import Shape

LIBRARY = open_library()
STUDIES = LIBRARY.studies
MIROCALS, TOPLINE = STUDIES["mirocals-2025"], STUDIES["mirocals-topline-2022"]
STRATA = {stratum.id: stratum for stratum in MIROCALS.strata}
SHAPE = MIROCALS.shape
HORIZON = 640.0

SOMEWHERE = Source("somewhere", "table 1", "full_text")
DEATH = Estimand("all", "treated against control", "death", "randomisation", "HR", "none", ())


def a_level(value="1500", unit="pg/mL", comparator=None):
    return parse_level(value, unit, comparator)


def a_question(value="1500", unit="pg/mL", comparator=None, *, wishes=None, **known):
    level = a_level(value, unit, comparator)
    return Question(level, wishes=wishes or Wishes(), **known)


def an_estimate(question=None, study=MIROCALS):
    return estimate_survival(question or a_question(), study)


def a_document(question=None, study=MIROCALS, **manner):
    """Give the answer as the wire carries it: plain data, decoded from JSON."""
    answer = Answers("0").document(question or a_question(), study, Manner(**manner))
    return orjson.loads(orjson.dumps(answer))


def an_estimate_kept(question, study, manner, body, version="0"):
    """Keep an answer as the database would give it back: its question as plain JSON."""
    asked = write_question(question)
    asked |= {"detail": manner.detail, "language": manner.language}
    return KeptEstimate(
        id=str(uuid4()), patient_id=str(uuid4()), measurement_id=str(uuid4()), patient_version=1,
        created_at=datetime(2026, 3, 1, 12, tzinfo=UTC), created_by="key:somebody",
        evidence_id=study.id, evidence_version=study.version, evidence_digest=study.digest,
        service_version=version, question=orjson.loads(orjson.dumps(asked)),
        body=body, body_digest=digest_of(body),
    )  # fmt: skip


def a_ratio(value=0.52, lower=0.30, upper=0.89, p_value=0.016):
    level = None if lower is None else 0.95
    return HazardRatio(value, lower, upper, level, p_value, "published", DEATH, SOMEWHERE)


def a_pair(control_survival=0.54, participants=77, ratio=None, horizon=HORIZON):
    return pair_arms(control_survival, participants, ratio or a_ratio(), horizon)


def some_curves(*pairs, shape=SHAPE, horizon=HORIZON):
    return GroupCurves(pairs or (a_pair(),), shape, horizon)


def the_curves(group):
    """Give the curves of a group of the published trial: `low`, `high` or `whole_trial`."""
    found = MIROCALS.whole_trial if group == "whole_trial" else STRATA[group].group
    return curves_of(found, MIROCALS)


def a_shape(value=1.5, lower=1.0, upper=2.03):
    return Shape(value, lower, upper)


def a_study_in_which_the_low_stratum_has(ratio):
    """Give a study that differs from the published trial in one hazard ratio alone."""
    low = STRATA["low"]
    group = replace(low.group, hazard_ratio=ratio, pairs=(a_pair(ratio=ratio),))
    strata = [replace(low, group=group) if s is low else s for s in MIROCALS.strata]
    return replace(MIROCALS, strata=tuple(strata))
