"""Guards of the house: what is promised in one place is kept in every other."""

import ast
import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from fastapi.routing import APIRoute

from app import __version__, errors
from app.answers.phrases import LANGUAGES, phrases_in
from app.api.estimates.prognosis import WARNINGS
from app.api.problems import ERROR_KINDS, FAULT_KINDS, KINDS, kind_of
from app.evidence.library import open_library
from app.main import create_app
from app.settings import Settings
from app.survival.reading import Silence
from app.web.problem_texts import read_problem_texts

ROOT = Path(__file__).parents[2]
SOURCES = [*(ROOT / "app").rglob("*.py"), *(ROOT / "migrations").rglob("*.py")]
WRITTEN = [
    *SOURCES,
    *(ROOT / "tests").rglob("*.py"),
    *(ROOT / "bench").rglob("*.py"),
    *(path for kind in ("js", "css") for path in (ROOT / "app/web/static/page").rglob(f"*.{kind}")),
]
ROOMS = sorted((ROOT / "app").rglob("__init__.py"))
LIBRARY = open_library()
PROMISED = {
    "validation-error": 422, "unit-not-supported": 422, "specimen-not-applicable": 422,
    "biomarker-not-supported": 422, "biomarker-out-of-range": 422, "outside-the-model": 422,
    "not-found": 404, "method-not-allowed": 405, "not-acceptable": 406, "timeout": 408,
    "conflict": 409, "precondition-failed": 412, "too-large": 413, "unsupported-media-type": 415,
    "idempotency-mismatch": 422, "precondition-required": 428, "rate-limited": 429,
    "unauthorized": 401, "forbidden": 403, "fit-refused": 422, "internal-error": 500,
    "unavailable": 503,
}  # fmt: skip
"""The slugs and statuses that other people's software holds on to."""


def all_of(kind):
    """Every class below this one."""
    return {below for one in kind.__subclasses__() for below in (one, *all_of(one))}


def test_every_error_has_a_kind_of_problem():
    assert set(ERROR_KINDS) == all_of(errors.AppError)
    assert set(ERROR_KINDS.values()) | set(FAULT_KINDS.values()) <= set(KINDS)


def test_every_error_stands_in_the_drawn_tree():
    drawn = set(re.findall(r"^  \+ (\w+)", errors.__doc__, re.MULTILINE))
    assert drawn == {error.__name__ for error in all_of(errors.AppError)}


@pytest.mark.parametrize("code", FAULT_KINDS)
def test_faults_of_one_special_kind_name_the_problem(code):
    special = errors.Fault("/pnfh", code, "")
    assert kind_of(errors.InvalidInput([special, special])).slug == FAULT_KINDS[code]
    other = errors.Fault("/times", "out_of_range", "")
    assert kind_of(errors.InvalidInput([special, other])).slug == "validation-error"


def test_the_kinds_of_problem_are_those_promised():
    assert {slug: kind.status for slug, kind in KINDS.items()} == PROMISED


def test_every_kind_of_problem_has_its_page():
    pages = {slug: (text.status, text.title) for slug, text in read_problem_texts().items()}
    assert pages == {slug: (kind.status, kind.title) for slug, kind in KINDS.items()}


def test_the_readme_has_a_row_for_every_setting():
    table = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(NEUROSTRATA_\w+)` \|[^|]*\| (.+) \|$", table, re.MULTILINE))
    assert rows == {
        f"NEUROSTRATA_{name.upper()}": field.description
        for name, field in Settings.model_fields.items()
    }


def test_the_readme_tells_the_defaults():
    table = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `NEUROSTRATA_(\w+)` \| `?([^|`]*?)`? \|", table, re.MULTILINE)
    told = dict(rows)
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else str(field.default)
        assert told[name.upper()] == default


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == __version__ == create_app(Settings()).version
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(__version__)} ", changes, re.MULTILINE)


def codes_of_cautions():
    """The codes in the table of `cautions_for`."""
    tree = ast.parse((ROOT / "app/survival/caution.py").read_text(encoding="utf-8"))
    rows = [node.elts for node in ast.walk(tree) if isinstance(node, ast.Tuple)]
    return {row[1].value for row in rows if len(row) == 4 and isinstance(row[1], ast.Constant)}


def codes_in_use():
    """Every code that an answer can carry, by the section of the phrase book with its words."""
    trials = LIBRARY.studies.values()
    strata = [stratum for study in trials for stratum in study.strata]
    refusals = {stratum.refusal for stratum in strata if stratum.refusal}
    return {
        "warnings": codes_of_cautions(),
        "reasons": refusals | {"bound_spans_strata", *get_args(Silence)},
        "notices": {code for entry in LIBRARY.entries.values() for code in entry.file.notices},
        "criteria": {criterion.rule for study in trials for criterion in study.criteria},
        "strata": {stratum.id for stratum in strata},
        "directions": {"benefit", "harm", "uncertain"},
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("section", codes_in_use())
def test_every_code_has_its_words_and_no_words_are_left_over(language, section):
    used = codes_in_use()[section]
    assert len(used) >= 3
    assert set(phrases_in(language).book[section]) == used


def keys_of(book, path=()):
    """Every place in a phrase book, with the gaps of its phrase."""
    if isinstance(book, dict):
        return {place for name, inner in book.items() for place in keys_of(inner, (*path, name))}
    return {(path, frozenset(re.findall(r"\{\w+\}", str(book))))}


def test_the_phrase_books_have_the_same_phrases_with_the_same_gaps():
    first, *others = (keys_of(phrases_in(language).book) for language in LANGUAGES)
    assert others
    assert all(other == first for other in others)


def test_every_warning_of_a_prognosis_is_told_in_every_language():
    assert all(set(words) == set(LANGUAGES) for words in WARNINGS.values())


def test_the_document_names_every_route_and_no_other():
    app = create_app(Settings())
    routes = set()
    for context in app.router.routes:
        inner = getattr(context, "original_router", None)
        for route in inner.routes if inner else [context]:
            if isinstance(route, APIRoute):
                routes |= {(route.path, method.lower()) for method in route.methods}
    told = {(path, method) for path, ops in app.openapi()["paths"].items() for method in ops}
    assert told == routes


def test_no_room_is_a_lumber_room():
    lumber = {"utils", "util", "helpers", "helper", "core", "common", "misc", "shared", "lib"}
    named = {part for path in SOURCES for part in path.relative_to(ROOT).with_suffix("").parts}
    assert not lumber & named


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: str(path.parent.relative_to(ROOT)))
def test_a_room_says_what_it_is_for_and_nothing_else(path):
    docstring, *rest = ast.parse(path.read_text(encoding="utf-8")).body
    assert isinstance(docstring.value.value, str)
    assert [type(node) for node in rest] == ([ast.Assign] if path.parent.name == "app" else [])


def test_every_file_can_be_read_in_one_go():
    lengths = {path: len(path.read_bytes().splitlines()) for path in WRITTEN}
    assert len(lengths) > 100
    assert {path.name: length for path, length in lengths.items() if length >= 400} == {}


def test_yaml_is_never_loaded_as_code():
    unsafe = re.compile(r"yaml\.(load|unsafe_load|full_load)\(")
    assert not [path for path in SOURCES if unsafe.search(path.read_text(encoding="utf-8"))]
