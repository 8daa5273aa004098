"""A question in plain JSON values, from which the very same question can be asked again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from app.survival.applicability import Facts
from app.survival.estimate import Question, Wishes
from app.survival.level import parse_level

_DAYS = {field.name for field in fields(Facts) if field.name.endswith("_date")} | {"riluzole_start"}


def write_question(question: Question) -> dict[str, Any]:
    """Write a question down. The level keeps its digits; a float is written so that it is exact."""
    level, wishes = question.level, question.wishes
    facts = {field.name: getattr(question.facts, field.name) for field in fields(Facts)}
    return {
        "level": {"value": level.text, "unit": level.unit, "comparator": level.comparator},
        "unit_assumed": question.unit_assumed,
        "assay_cv": question.assay_cv,
        "facts": {name: _written(fact) for name, fact in facts.items()},
        "wishes": {
            "times": None if wishes.times is None else list(wishes.times),
            "alive_at": wishes.alive_at,
            "extrapolate": wishes.extrapolate,
        },
    }


def read_question(written: Mapping[str, Any]) -> Question:
    """Read a question that was written down: equal to the one that was."""
    level, wishes = written["level"], written["wishes"]
    times = wishes["times"]
    return Question(
        parse_level(Decimal(level["value"]), level["unit"], level["comparator"]),
        unit_assumed=written["unit_assumed"],
        assay_cv=written["assay_cv"],
        facts=Facts(**{name: _read(name, fact) for name, fact in written["facts"].items()}),
        wishes=Wishes(
            None if times is None else tuple(times), wishes["alive_at"], wishes["extrapolate"]
        ),
    )


def _written(fact: object) -> object:
    return fact.isoformat() if isinstance(fact, date) else fact


def _read(name: str, fact: Any) -> Any:
    return date.fromisoformat(fact) if name in _DAYS and fact is not None else fact
