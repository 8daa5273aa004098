"""What looks like a person's name, among identifiers that are made of words.

Two words are a name if both begin with a capital and go on in small letters, as Jane.Doe does, or
if one of them is a common given name, as in JANE-DOE. Other words may be anything: MERGE-TEST and
DOE-ROE look alike. A single word is not judged, nor is a word with a number, such as PARIS-0042.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_MADE_OF: Final = """
arm case centre center clinic cohort control ctrl demo donor example group hospital lab pair
participant pat patient pilot placebo proband record registry run sample series site sibling study
subgroup subj subject test trial unit user visit volunteer baseline entry screening follow fup
north south east west central left right upper lower first second third
alpha beta gamma delta epsilon zeta eta theta kappa lambda omega sigma
one two three four five six seven eight nine ten eleven twelve zero
als mnd sla fals sals ftd csf pnfh nfl mirocals none id key code row
"""
CODE_WORDS: Final = frozenset(_MADE_OF.split())
"""Words that codes are made of: with one of these, two words are no name."""

_GIVEN: Final = """
aaron abdul adam adele adrian agnes ahmed aisha alain alan albert alberto alejandro alessandro alex
alexander alexandra alfred ali alice alicia alison amanda amelie amina amir amy ana anais andrea
andreas andrei andrew andrzej angela angelo anita anja ann anna anne annie anouk antoine anton
antonio arnaud arthur astrid audrey aurelie axel barbara beatrice ben benjamin benoit bernard bernd
bettina birgit bjorn bob boris brian brigitte bruno camille carl carla carlos carmen carol carolina
caroline catherine cecile celine charles charlotte chen chloe chris christian christiane christina
christine christoph christophe claire clara claude claudia claudio colin corinne cristina daniel
daniela david deborah denis denise diana diego dieter dirk dominique donald dorothea edith eduardo
edward elena eleonore elisa elisabeth elizabeth elke ella ellen emil emilie emily emma enrico eric
erik erika ernst estelle esther eugene eva evelyn fabien fabio fatima felix fernando florence
florian francesca francesco francine francis francisco franck francois francoise frank franz
frederic fritz gabriel gabriela gabriele gary george georges gerard gerd ghislaine gilles giorgio
giovanni giulia giuseppe greta guido guillaume gunter hanna hannah hannes hans harald harry hassan
heidi heike heinz helen helena helene helga henri henrik henry herbert hiroshi horst hugo hussein
ian ibrahim ines ingrid irene irina isabel isabella isabelle ivan jack jacob jacqueline jacques
jakob james jan jane janet janine javier jean jeanne jenny jens jeremy jerome jessica jim jo joan
joanna joao joel joerg johann johanna johannes john johnny jonas jonathan jorge jose josef joseph
josephine juan judith julia julian julie julien jurgen justine karen karim karin karl karla
katarzyna kate katharina katherine kathrin katja kenji kevin khadija klara klaus kristina kurt lars
laura laurence laurent lea leo leon leonardo leonie lina linda lisa louis louise luca lucas lucia
lucie ludwig luis luisa lukas madeleine magali magda magdalena manfred manuel manuela marc marcel
marco margaret margarita marguerite maria marianne marie marina mario marion markus marta martha
martin martina mary mateo mathieu mathilde matteo matthew matthias maurice maxime mehmet melanie
michael michel michele michelle miguel mike mikhail mohamed mohammed monica monika monique muhammad
muriel mustafa nadia nadine nancy natalia natasha nathalie nicholas nicolas nicole nina nora norbert
odile olaf olga oliver olivia olivier oscar osman otto pablo paola pascal patricia patrick paul
paula paulo pedro peggy penelope peter petra philip philipp philippe pierre pilar rachel rafael
raphael raymond rebecca regina reinhard renate rene ricardo richard rita robert roberto roger roland
rolf romain ronald rosa ruth sabine sabrina samira samuel sandra sara sarah sebastian sebastien
serge sergei sergio silke silvia simon simone sofia sonia sophia sophie stefan stefanie stefano
stephan stephane stephanie stephen steve steven susan susanne suzanne sven svetlana sylvia sylvie
tamara tanja tatiana teresa theo theodor therese thierry thomas tim timothy tobias tom tomasz ulrich
ulrike ursula uwe valentina valerie vanessa vera veronica veronique victor victoria vincent virginie
vladimir volker walter wang wei werner wilhelm william wolfgang xavier yann yannick yasmin yves
yvonne zoe
"""
GIVEN_NAMES: Final = frozenset(_GIVEN.split())
"""Common given names of Europe and beyond, in small letters without accents."""

_WORDS = r"[^\W\d_]+"
_LIST = re.compile(r".*[^\W\d_][\s,]+[^\W\d_].*")  # Doe, Jane
_BIRTH_YEAR = r"(?:[-._/]?(?:19\d\d|200\d))?"
_APART = re.compile(rf"({_WORDS})[-._/]({_WORDS}){_BIRTH_YEAR}")  # JANE-DOE, McDonald.Ian.1965
_CAPITALS = re.compile(rf"[A-Z][a-z]+(?:[-._/]?[A-Z][a-z]+)+{_BIRTH_YEAR}")  # JaneDoe, Ann-Lee.Roe
_CAPITALISED = re.compile(r"[A-Z][a-z]+")


def looks_like_a_name(text: str) -> bool:
    """Whether the text looks like the name of a person."""
    if _LIST.fullmatch(text):
        return True
    if _CAPITALS.fullmatch(text):
        words = _CAPITALISED.findall(text)
        return _are_names(words) and (_are_apart(text) or _has_given_name(words))
    apart = _APART.fullmatch(text)
    return apart is not None and _are_names(apart.groups()) and _has_given_name(apart.groups())


def _are_names(words: Sequence[str]) -> bool:
    return all(len(word) > 1 and word.lower() not in CODE_WORDS for word in words)


def _are_apart(text: str) -> bool:
    return any(mark in text for mark in "-._/")


def _has_given_name(words: Sequence[str]) -> bool:
    return not GIVEN_NAMES.isdisjoint(word.lower() for word in words)
