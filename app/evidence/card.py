"""The model card: what a reader must know before trusting the numbers of an evidence file.

The source attributes are the 31 that US certification asks to be shown of a predictive decision
support intervention, 45 CFR 170.315(b)(11)(iv)(B) (HTI-1, 2024), in its order. The questions on
subgroups are those of ICEMAN for one randomised trial (Schandelmaier, CMAJ 2020;192:E901-E906),
and four more that it leaves to the reader.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from app.evidence.figures import Id, Part, Words

ATTRIBUTES: Final[dict[str, dict[str, str]]] = {
    "details_and_output": {
        "developer": "name and contact information of the developer",
        "funding": "funding source of the technical implementation",
        "output": "value that is produced as an output",
        "output_type": "kind of output: prediction, classification, recommendation, evaluation, "
        "analysis or other",
    },
    "purpose": {
        "intended_use": "intended use",
        "intended_patients": "intended patient population",
        "intended_users": "intended users",
        "decision_role": "intended role in decisions: informs, augments or replaces",
    },
    "out_of_scope": {
        "cautioned_uses": "tasks, situations or populations to which it should not be applied",
        "known_risks": "known risks, inappropriate settings and uses, known limitations",
    },
    "development": {
        "data_criteria": "criteria for inclusion in and exclusion from the development data",
        "demographic_inputs": "use of demographic variables and social determinants as inputs",
        "representativeness": "demographic representativeness of the development data",
        "relevance": "relevance of the development data to the setting of use",
    },
    "fairness": {
        "fairness_approach": "what was done so that the output is fair",
        "bias_management": "what was done to manage, reduce or eliminate bias",
    },
    "external_validation": {
        "external_data": "data, setting or environment of the external validation",
        "external_party": "who validated externally",
        "external_representativeness": "demographic representativeness of the external data",
        "external_process": "how it was validated externally",
    },
    "performance": {
        "internal_validity": "validity in test data of the same source",
        "internal_fairness": "fairness in test data of the same source",
        "external_validity": "validity in data of another source",
        "external_fairness": "fairness in data of another source",
        "outcome_evaluation": "evaluations of how its use changed outcomes",
    },
    "maintenance": {
        "validity_monitoring": "how and how often validity is monitored",
        "local_validity": "validity in local data",
        "fairness_monitoring": "how and how often fairness is monitored",
        "local_fairness": "fairness in local data",
    },
    "updates": {
        "update_process": "how and how often it is updated",
        "correction_process": "how often performance is corrected when risks are found",
    },
}
"""The 31 source attributes, by the rule's nine categories, in the rule's order."""

ATTRIBUTE_IDS: Final = tuple(name for group in ATTRIBUTES.values() for name in group)

QUESTIONS: Final = {
    "direction_hypothesised": "Was the direction of the effect modification hypothesised "
    "correctly beforehand?",
    "prior_evidence": "Was the effect modification supported by prior evidence?",
    "chance_unlikely": "Does a test for interaction suggest that chance is an unlikely "
    "explanation?",
    "few_modifiers_tested": "Were only a few effect modifiers tested, or their number allowed for?",
    "arbitrary_cut_points_avoided": "If the modifier is continuous, were arbitrary cut points "
    "avoided?",
    "measured_before_randomisation": "Was the modifier measured before randomisation?",
    "randomisation_stratified": "Was randomisation stratified by the modifier?",
    "multiplicity_corrected": "Were the results of subgroups corrected for multiplicity?",
    "independently_replicated": "Was the effect modification found in an independent trial?",
}
"""What is asked of a subgroup finding: ICEMAN's five questions first, then four more."""

ICEMAN_QUESTIONS: Final = 5

Certainly = Literal["definitely_no", "probably_no_or_unclear", "probably_yes", "definitely_yes"]


class AttributeEntry(Part):
    """A source attribute: stated, or why it is not."""

    stated: Words | None = None
    not_known: Words | None = None
    not_applicable: Words | None = None

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if len(self.model_dump(exclude_none=True)) != 1:
            raise ValueError("give one of stated, not_known and not_applicable")
        return self


class InputsEntry(Part):
    """What must be known, and what may be."""

    required: Annotated[list[Words], Field(min_length=1)]
    optional: list[Words]


class ValidationEntry(Part):
    """What was done to find out whether the numbers hold."""

    internal: Words
    external: Words


class AnswerEntry(Part):
    """An answer about a subgroup finding, and what it rests on."""

    answer: Certainly
    because: Words
    source: Id | None = None


class CredibilityEntry(Part):
    """How far the finding that subgroups differ can be believed."""

    claim: Words
    answers: dict[Id, AnswerEntry]
    overall: Literal["very_low", "low", "moderate", "high"]
    judgement: Words

    @model_validator(mode="after")
    def _every_question_is_answered(self) -> Self:
        _match(self.answers, QUESTIONS, "answers")
        return self


class Card(Part):
    """The card of one evidence file."""

    source_attributes: dict[Id, AttributeEntry]
    inputs: InputsEntry
    validation: ValidationEntry
    subgroup_credibility: CredibilityEntry | None = None
    limits: Annotated[list[Words], Field(min_length=1)]
    safety: Words | None = None

    @model_validator(mode="after")
    def _every_attribute_is_there(self) -> Self:
        _match(self.source_attributes, ATTRIBUTE_IDS, "source_attributes")
        return self


def _match(given: Collection[str], due: Collection[str], of: str) -> None:
    missing = [name for name in due if name not in given]
    unknown = [name for name in given if name not in due]
    if missing or unknown:
        faults = [f"lacks {', '.join(missing)}"] if missing else []
        faults += [f"has unknown {', '.join(unknown)}"] if unknown else []
        raise ValueError(f"{of} {' and '.join(faults)}")
