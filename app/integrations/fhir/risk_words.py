"""The few words of a RiskAssessment that the answer document does not have itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "code": "survival with and without low-dose interleukin-2, by CSF pNFH",
        "alive": "alive at day {day} on {arm}",
        "alive_since": "alive at day {day} on {arm}, if alive at day {since}",
        "alive_later": "alive at day {day} on {arm} (extrapolated past follow-up)",
        "modelled": "modelled from published aggregates; evidence {id}, version {version}",
        "fitted": "fitted to a clinic's own patients; evidence {id}, version {version}",
        "applicable": "The patient meets the entry criteria of the trial.",
        "not_applicable": "The patient does not meet all entry criteria of the trial.",
        "undetermined": "It is not known whether the patient meets all entry criteria.",
        "not_met": "Not met: {rule}.",
        "unknown": "Not known: {rule}.",
        "has_died": "The Patient is known to have died: the numbers are of the trial's patients.",
        "newer_draft": "A newer result is not final yet, and not used here.",
    },
    "fr": {
        "code": "survie avec et sans interleukine-2 à faible dose, selon le pNFH du LCR",
        "alive": "en vie au jour {day} dans le bras {arm}",
        "alive_since": "en vie au jour {day} dans le bras {arm}, si en vie au jour {since}",
        "alive_later": "en vie au jour {day} dans le bras {arm} (extrapolé au-delà du suivi)",
        "modelled": "modélisé à partir d'agrégats publiés ; source {id}, version {version}",
        "fitted": "ajusté aux patients d'un centre ; source {id}, version {version}",
        "applicable": "Le patient remplit les critères d'inclusion de l'essai.",
        "not_applicable": "Le patient ne remplit pas tous les critères d'inclusion de l'essai.",
        "undetermined": "On ne sait pas si le patient remplit tous les critères d'inclusion.",
        "not_met": "Non rempli : {rule}.",
        "unknown": "Inconnu : {rule}.",
        "has_died": "Le patient est décédé : les nombres concernent les patients de l'essai.",
        "newer_draft": "Un résultat plus récent, pas encore définitif, n'est pas utilisé ici.",
    },
}


def say(language: str, key: str, **gaps: Any) -> str:
    """Say it in a language of the service."""
    return WORDS[language][key].format(**gaps)


def notes_of(answer: Mapping[str, Any], language: str, remarks: Iterable[str] = ()) -> list[str]:
    """All that must stand beside the numbers: reason, direction, primary result, limits.

    `remarks` are names of words that are about what was sent.
    """
    curves = answer.get("survival_curves") or {}
    said = [
        *(say(language, remark) for remark in remarks),
        *answer["presentation"]["clinician"],
        *([answer["reason"]["message"]] if answer["reason"] else []),
        *(one["message"] for one in answer.get("warnings", ())),
        *_conditions(curves),
        *_applicability(answer["applicability"], language),
        *(one["text"] for one in answer["notices"]),
    ]
    return list(dict.fromkeys(said))


def _conditions(curves: Mapping[str, Any]) -> list[str]:
    """What survival from a later day, and past follow-up, means and assumes."""
    found = [curves.get("conditional", {}).get("meaning")]
    found.append(curves.get("extrapolated", {}).get("assumption"))
    return [words for words in found if words]


def _applicability(judged: Mapping[str, Any], language: str) -> list[str]:
    open_ones = [one for one in judged["criteria"] if one["status"] != "met"]
    return [
        say(language, judged["grade"]),
        *(say(language, one["status"], rule=one["rule"]) for one in open_ones),
    ]
