"""An evidence file as it leaves: every number with its unit, kind and source."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.schemas.numbers import KIND, Certainty, Described, Kind

SOURCE_ID = "key in `sources`"


class FileSourceResponse(Described):
    """A place where numbers were read."""

    citation: str = Field(description="the publication")
    where: str = Field(description="the place within it")
    certainty: Certainty = Field(description="how the numbers were read")


class FileFigureResponse(Described):
    """A number with its provenance. An interval is given whole or not at all."""

    value: float = Field(description="the number")
    lower: float | None = Field(description="lower limit; null without an interval")
    upper: float | None = Field(description="upper limit; null without an interval")
    unit: str = Field(description="unit of all three")
    kind: Kind = Field(description=KIND)
    source: str = Field(description=SOURCE_ID)
    note: str | None = Field(description="a remark; null without one")


class FileRatioResponse(FileFigureResponse):
    """A ratio that estimates something."""

    level: float | None = Field(description="confidence level, a proportion; null without interval")
    p_value: float | None = Field(description="two-sided p value; null where none was published")
    estimand: str = Field(description="key in `estimands`")


class FileCoefficientResponse(FileRatioResponse):
    """A printed coefficient."""

    rounding: float = Field(description="half a unit of its last printed digit")


class FileCorrelationResponse(FileFigureResponse):
    """The correlation used between two coefficients."""

    central: float = Field(description="the central one of the plausible values")


class FileNumbersResponse(Described):
    """Several numbers of one kind and source."""

    values: list[float] = Field(description="the numbers")
    unit: str = Field(description="unit of each")
    kind: Kind = Field(description=KIND)
    source: str = Field(description=SOURCE_ID)
    note: str | None = Field(description="a remark; null without one")


class FileEstimandResponse(Described):
    """What a ratio is an estimate of; endpoint and time origin stand in `clock`."""

    population: str = Field(description="whose outcome it is about")
    contrast: str = Field(description="what is compared with what")
    measure: str = Field(description="the measure of effect")
    adjustment: str = Field(description="what was adjusted for")


class FileArmResponse(Described):
    """An arm of the trial."""

    id: str = Field(description="the arm")
    label: str = Field(description="the same in words")


class TrialClockResponse(Described):
    """When time starts, what ends it, and how far it was watched."""

    unit: Literal["day"] = Field(description="the unit of every time")
    time_origin: str = Field(description="when the clock starts")
    endpoint: str = Field(description="the event")
    inferred: list[str] = Field(description="what the source does not say")
    note: str = Field(description="how far the inference goes")
    horizon: FileFigureResponse = Field(description="end of follow-up")
    grid_step: FileFigureResponse = Field(description="step between two points of a curve")
    extrapolation_limit: FileFigureResponse = Field(description="last day that may be asked for")


class PopulationResponse(Described):
    """Who was studied."""

    disease: str = Field(description="the disease")
    randomised: FileFigureResponse = Field(description="patients randomised")
    per_arm: FileFigureResponse = Field(description="patients in each arm")
    centres: FileFigureResponse = Field(description="centres")
    deaths: FileFigureResponse | None = Field(description="deaths; null where not reported")


class BiomarkerResponse(Described):
    """What is measured, and how precisely."""

    id: Literal["pnfh"] = Field(description="the biomarker")
    specimen: Literal["csf"] = Field(description="cerebrospinal fluid")
    unit: Literal["pg/mL"] = Field(description="unit of every level")
    assay_cv: FileFigureResponse = Field(description="coefficient of variation, a ratio")
    near_cut_probability: FileFigureResponse = Field(
        description="probability of another stratum from which a level counts as near a cut point"
    )


class FileRangeResponse(Described):
    """A range of levels in pg/mL, as exact decimals; a missing end is open."""

    lower: str | None = Field(description="lower cut point, pg/mL")
    lower_inclusive: bool = Field(description="whether it lies inside")
    upper: str | None = Field(description="upper cut point, pg/mL")
    upper_inclusive: bool = Field(description="whether it lies inside")


class FileObservedResponse(Described):
    """Proportions alive at the horizon, as seen."""

    control: FileFigureResponse = Field(description="control arm")
    treated: FileFigureResponse = Field(description="treated arm")
    difference: FileFigureResponse = Field(description="treated minus control")


class FileStratumResponse(Described):
    """A stratum: with an effect, or with the reason why there is none."""

    id: str = Field(description="the stratum")
    range: FileRangeResponse = Field(description="its levels")
    range_source: str = Field(description=SOURCE_ID)
    range_note: str | None = Field(description="a remark on the cut points; null without one")
    population_share: FileFigureResponse = Field(description="proportion of the patients")
    no_estimate: str | None = Field(description="why there is no effect; null where there is one")
    hazard_ratio: FileRatioResponse | None = Field(description="null without an effect")
    control_survival: FileFigureResponse | None = Field(
        description="control arm's survival at the horizon; null where none is known"
    )
    control_participants: FileFigureResponse | None = Field(description="its patients")
    observed: FileObservedResponse | None = Field(description="null where nothing was published")


class FittedPopulationResponse(Described):
    """Whose records it was fitted from."""

    disease: str = Field(description="the disease")
    patients: FileFigureResponse = Field(description="patients in both arms")
    control: FileFigureResponse = Field(description="patients of the control arm")
    treated: FileFigureResponse = Field(description="patients of the treated arm")
    deaths: FileFigureResponse = Field(description="deaths by the horizon")


class FitResponse(Described):
    """The fit that it came from."""

    model_id: str = Field(description="id of the model")
    cohort_version: str = Field(description="state of the clinic's records")
    fitted_date: str = Field(description="day of the fit")
    adjustment: str = Field(description="what the hazard ratios are adjusted for")


class CountsResponse(Described):
    """A figure for each arm."""

    control: FileFigureResponse = Field(description="control arm")
    treated: FileFigureResponse = Field(description="treated arm")


class SeenResponse(Described):
    """What was seen in each arm."""

    patients: CountsResponse = Field(description="patients")
    deaths: CountsResponse = Field(description="deaths by the horizon")


class FittedStratumResponse(FileStratumResponse):
    """A stratum of the clinic's own patients."""

    log_variances: CountsResponse | None = Field(
        description="of ln(-ln S) at the horizon, by arm; null without an effect"
    )
    seen: SeenResponse | None = Field(description="null without an effect")


class FittedWholeResponse(Described):
    """The clinic's whole cohort."""

    hazard_ratio: FileRatioResponse = Field(description="all patients together, not randomised")
    control_survival: FileFigureResponse = Field(description="control arm's, at the horizon")
    control_participants: FileFigureResponse = Field(description="its patients")
    log_variances: CountsResponse = Field(description="of ln(-ln S) at the horizon, by arm")
    observed: FileObservedResponse = Field(description="Kaplan-Meier at the horizon")
    seen: SeenResponse = Field(description="patients and deaths")


class FileWholeTrialResponse(Described):
    """The primary result."""

    hazard_ratio: FileRatioResponse = Field(description="all patients together")
    alive: CountsResponse = Field(description="alive at the horizon")
    participants: CountsResponse = Field(description="randomised")


class FilePoolResponse(Described):
    """Strata that a source reported together."""

    range: FileRangeResponse = Field(description="their levels")
    hazard_ratio: FileRatioResponse = Field(description="all of them together")


class FileInteractionResponse(Described):
    """The printed coefficients of the model with a treatment-by-level term."""

    per_unit: FileCoefficientResponse = Field(description="factor of the hazard ratio per pg/mL")
    at_zero: FileCoefficientResponse = Field(description="hazard ratio at 0 pg/mL")
    correlation: FileCorrelationResponse = Field(description="between the logs of both")
    served_from: FileFigureResponse = Field(description="lowest level it is shown for")
    served_to: FileFigureResponse = Field(description="highest level it is shown for")


class FileShapeResponse(Described):
    """The assumed Weibull shape of the curves."""

    value: FileFigureResponse = Field(description="the shape, and the range it is varied over")


class FileCriterionResponse(Described):
    """An entry criterion of the trial."""

    id: str = Field(description="the criterion")
    source: str = Field(description=SOURCE_ID)
    unit: str | None = Field(description="unit of the bounds; null without any")
    least: float | None = Field(description="smallest value allowed; null without one")
    most: float | None = Field(description="greatest value allowed; null without one")
    below: float | None = Field(description="value that must not be reached; null without one")
    allowed: list[str] = Field(description="categories allowed; empty for a number")


class PrognosisClockResponse(Described):
    """The clock of a prognostic model."""

    unit: Literal["month"] = Field(description="the unit of every time")
    time_origin: str = Field(description="when the clock starts")
    endpoint: str = Field(description="the event")


class FileBaselineResponse(Described):
    """The baseline of a prognostic model: a restricted cubic spline on ln(months)."""

    scale: str = Field(description="the scale of the model")
    knots: FileNumbersResponse = Field(description="first to last")
    spline: FileNumbersResponse = Field(description="intercept, slope, two bends")


class FileLimitResponse(Described):
    """The range over which a prognostic model is used."""

    least: float | None = Field(description="smallest value; null without one")
    most: float = Field(description="greatest value")
    unit: str = Field(description="unit of both")
    source: str = Field(description=SOURCE_ID)
    note: str | None = Field(description="a remark; null without one")
