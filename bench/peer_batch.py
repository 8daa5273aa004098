"""The everyday way to answer many levels: lists of Pydantic models in and out, one by one.

It computes the numbers that depend on the level, from the same evidence, and answers a few hundred
bytes a patient where the service answers its whole summary: the comparison favours this peer.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from math import erfc, exp, log, sqrt
from typing import Literal

from fastapi import FastAPI
from pydantic import BaseModel, Field

from app.evidence.library import open_library
from app.survival.interval import Z
from app.survival.stratum import measurement_spread

STUDY = open_library().studies["mirocals-2025"]
MODEL = STUDY.interaction.model if STUDY.interaction else None
CUTS = [float(cut) for cut in STUDY.cut_points]
SPREAD = measurement_spread(STUDY.assay_cv.value)


class Level(BaseModel):
    """A level as it is sent."""

    value: float = Field(gt=0)
    unit: Literal["pg/mL"]


class Item(BaseModel):
    """One patient's level."""

    ref: str
    pnfh: Level


class Chance(BaseModel):
    """How probable it is that the level truly lies in a stratum."""

    id: str
    probability: float


class Ratio(BaseModel):
    """A hazard ratio with its interval."""

    value: float
    lower: float
    upper: float


class Summary(BaseModel):
    """What depends on the level."""

    ref: str
    value: float
    stratum: str
    membership: list[Chance]
    nearest_cut_point: float
    distance_to_cut_point: float
    hazard_ratio: Ratio | None


app = FastAPI()


@app.post("/summaries")
async def create_summaries(items: list[Item]) -> list[Summary]:
    """Answer a list with a list."""
    return [summarise(item) for item in items]


def summarise(item: Item) -> Summary:
    """Stratum, how sure it is, and the continuous effect."""
    value = item.pnfh.value
    nearest = min(CUTS, key=lambda cut: abs(cut - value))
    return Summary(
        ref=item.ref,
        value=value,
        stratum=STUDY.strata[bisect_right(CUTS, value)].id,
        membership=chances(value),
        nearest_cut_point=nearest,
        distance_to_cut_point=abs(nearest - value),
        hazard_ratio=effect(value),
    )


def chances(value: float) -> list[Chance]:
    """The normal curve around the logarithm of the level, cut at the cut points."""
    below = [0.5 * erfc((log(value) - log(cut)) / SPREAD / sqrt(2)) for cut in CUTS]
    edges = pairwise([0.0, *below, 1.0])
    return [
        Chance(id=stratum.id, probability=upper - lower)
        for stratum, (lower, upper) in zip(STUDY.strata, edges, strict=True)
    ]


def effect(value: float) -> Ratio | None:
    """The hazard ratio that changes with the level."""
    if MODEL is None:
        return None
    covariance = MODEL.correlation * MODEL.at_zero_error * MODEL.per_unit_error
    variance = MODEL.at_zero_error**2 + value**2 * MODEL.per_unit_error**2 + 2 * value * covariance
    ratio, width = log(MODEL.at_zero) + value * log(MODEL.per_unit), Z * sqrt(variance)
    return Ratio(value=exp(ratio), lower=exp(ratio - width), upper=exp(ratio + width))
