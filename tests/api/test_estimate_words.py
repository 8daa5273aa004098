"""The language of the caller changes words, and nothing but words."""

import re

import pytest

WORDS = {
    "message", "label", "note", "text", "rule", "meaning", "assumption",
    "clinician", "lay", "placebo", "il2ld", "difference",
}  # fmt: skip
QUERIES = [
    "pnfh=1500",
    "pnfh=3600&alive_at=100&extrapolate=true",
    "pnfh=5000&unit=pg/mL",
    "pnfh=7000",
    "pnfh=600",
    "pnfh=800&comparator=<",
    "pnfh=1500&detail=group",
    "pnfh=1500&evidence=mirocals-topline-2022",
]
PATHS = ["/v1/estimate", "/v1/stratum", "/v1/treatment-effect", "/v1/survival-curves"]


def take_words(part, name=""):
    """Split a document into what no language changes, and the words."""
    if isinstance(part, dict):
        split = {key: take_words(inner, key) for key, inner in part.items()}
        return {k: rest for k, (rest, _) in split.items()}, [
            w for _, ws in split.values() for w in ws
        ]
    if isinstance(part, list):
        split = [take_words(inner, name) for inner in part]
        return [rest for rest, _ in split], [w for _, words in split for w in words]
    is_words = isinstance(part, str) and (name in WORDS or (name == "reason" and " " in part))
    return (str, [part]) if is_words else (part, [])


def ask(client, query, language, path="/v1/estimate"):
    answer = client.get(f"{path}?{query}", headers={"accept-language": language})
    assert answer.status_code == 200
    return answer


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("query", QUERIES)
def test_french_changes_words_only(client, path, query):
    if "group" in query and path != "/v1/estimate":
        path = "/v1/estimate"
    english, words = take_words(ask(client, query, "en", path).json())
    french, mots = take_words(ask(client, query, "fr", path).json())
    assert french == english
    assert len(mots) == len(words)
    same = [word for word, mot in zip(words, mots, strict=True) if word == mot]
    assert not [words for words in same if re.search("[a-z]", words)]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("FR-ca", "fr"),
        ("de, fr;q=0.5", "fr"),
        ("en, fr", "en"),
        ("en;q=0.5, fr;q=0.6", "fr"),
        ("fr;q=0", "en"),
        ("fr;q=2", "en"),
        ("fr;q=", "en"),
        ("*", "en"),
        ("*, fr;q=0.9", "en"),
        ("de", "en"),
        ("fr;q=nan", "en"),
        ("\tfr ;q=1.000 ,", "fr"),
        (";;;,,,=", "en"),
        ("fr" * 5000, "en"),
    ],
)
def test_the_language_is_the_one_liked_best(client, accepted, language):
    assert ask(client, "pnfh=600", accepted).headers["content-language"] == language


def test_a_cache_is_told_that_the_answer_depends_on_the_language(client):
    varies = ask(client, "pnfh=1500", "fr").headers["vary"]
    assert {name.strip() for name in varies.split(",")} == {"accept", "accept-language"}


def test_numbers_in_french_words_have_a_comma(client):
    sentences = ask(client, "pnfh=1500", "fr").json()["presentation"]["clinician"]
    assert any("0,52" in sentence for sentence in sentences)
    assert not any("0.52" in sentence for sentence in sentences)
