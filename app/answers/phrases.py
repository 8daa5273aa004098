"""The phrase books: every word of an answer, in the reader's language. Codes never change."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import yaml

from app.survival.interval import LEVEL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.survival.estimate import SurvivalEstimate
    from app.survival.hazard import HazardRatio
    from app.survival.study import Stratum, Study

Language: TypeAlias = Literal["en", "fr"]
LANGUAGES: tuple[str, ...] = get_args(Language)
BOOKS = Path(__file__).parent / "words"


@dataclass(frozen=True, eq=False)
class Phrases:
    """One language's phrases; `say` fills one in, the other methods choose it.

    `names` are what any phrase may name, whoever says it: the arms and the horizon of a study.
    """

    language: Language
    book: dict[str, Any]
    names: Mapping[str, object] = field(default_factory=dict)

    def say(self, section: str, key: str, **values: object) -> str:
        """The phrase of a section, with its places filled."""
        return str(self.book[section][key]).format(**{**self.names, **values}).strip()

    def reason(self, code: str) -> str:
        """Why there is no number."""
        return self.say("reasons", code)

    def note(self, key: str, **values: object) -> str:
        """A remark that stands beside a number."""
        return self.say("notes", key, **values)

    def notice(self, code: str) -> str:
        """A standing notice."""
        return self.say("notices", code)

    def criterion(self, code: str) -> str:
        """An entry criterion of the trial."""
        return self.say("criteria", code)

    def stratum(self, stratum: Stratum) -> str:
        """A stratum with its cut points."""
        limits = stratum.range
        return self.say("strata", stratum.id, lower=limits.lower, upper=limits.upper)

    def warning(self, code: str, estimate: SurvivalEstimate) -> str:
        """A warning; near a cut point it says how the answer would change."""
        near = (estimate.study.strata[i] for i in estimate.reading.kind.near)
        return self.say("warnings", code, changes=" ".join(self._change(s) for s in near))

    def decimal(self, value: float, places: int) -> str:
        """A number in words: half up, with the language's decimal sign."""
        step = Decimal(1).scaleb(-places)
        rounded = Decimal(repr(value)).quantize(step, ROUND_HALF_UP)
        return self.pointed(str(rounded or abs(rounded)))

    def printed(self, value: float) -> str:
        """A published number with the digits it was printed with."""
        return self.pointed(f"{value:g}")

    def p_value(self, value: float) -> str:
        """A p value: as printed, or to two digits where it was fitted here."""
        text = f"{value:.2g}" if self.names else f"{value:g}"
        return self.pointed(text)

    def ratio_interval(self, ratio: HazardRatio, *, tested: bool = False) -> str:
        """The interval of a ratio in parentheses, with its p value if `tested`.

        The level is the ratio's own. Where no interval was published, that is said instead.
        """
        if ratio.lower is None or ratio.upper is None or ratio.level is None:
            return self.say("words", "no_interval")
        lower, upper = self.decimal(ratio.lower, 2), self.decimal(ratio.upper, 2)
        if not tested or ratio.p_value is None:
            return self.interval(lower, upper, ratio.level)
        level, p = self.per_cent(ratio.level), self.p_value(ratio.p_value)
        return self.say("words", "interval", level=level, lower=lower, upper=upper, p=p)

    def interval(self, lower: str, upper: str, level: float = LEVEL) -> str:
        """Finished limits in parentheses; the level is that of all that is modelled, or given."""
        level_told = self.per_cent(level)
        return self.say("words", "limits", level=level_told, lower=lower, upper=upper)

    def per_cent(self, level: float = LEVEL) -> str:
        """A confidence level in per cent; that of all that is modelled, or the one given."""
        return self.printed(100 * level)

    def pointed(self, digits: str) -> str:
        """Finished digits, with the language's decimal sign."""
        return digits.replace(".", self.book["decimal"])

    def _change(self, stratum: Stratum) -> str:
        name = self.stratum(stratum)
        if stratum.group is None:
            return self.say("changes", "no_estimate", stratum=name)
        ratio = stratum.group.hazard_ratio
        direction = self.say("directions", ratio.direction)
        value, interval = self.decimal(ratio.value, 2), self.ratio_interval(ratio)
        return self.say(
            "changes", "estimate", stratum=name, ratio=value, interval=interval, direction=direction
        )


@cache
def phrases_in(language: Language) -> Phrases:
    """The phrase book of a language, read once."""
    return Phrases(language, _book(f"{language}.yaml"))


def phrases_for(study: Study, language: Language) -> Phrases:
    """The phrase book for a study: a clinic's own cohort is not spoken of as a trial."""
    if not study.is_own_cohort:
        return phrases_in(language)
    model = study.interaction.model if study.interaction else None
    names = {
        "horizon": study.horizon,
        "control_arm": f"'{study.control}'",
        "treated_arm": f"'{study.treatment}'",
        "served_from": f"{model.lowest:g}" if model else "",
        "served_to": f"{model.highest:g}" if model else "",
    }
    return Phrases(language, _own_book(language), names)


@cache
def _own_book(language: Language) -> dict[str, Any]:
    """The book of a language, with what is said otherwise of a clinic's own cohort."""
    said, otherwise = _book(f"{language}.yaml"), _book(f"own_cohort.{language}.yaml")
    return said | {section: said[section] | words for section, words in otherwise.items()}


def _book(name: str) -> dict[str, Any]:
    book: dict[str, Any] = yaml.safe_load((BOOKS / name).read_text(encoding="utf-8"))
    return book
