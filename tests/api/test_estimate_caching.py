"""Whoever holds an answer is not sent it again; no two answers share a tag."""

from itertools import product

import pytest

QUESTION = "/v1/estimate?pnfh=1500&unit=pg/mL"
PATHS = [
    QUESTION,
    "/v1/stratum?pnfh=1500",
    "/v1/treatment-effect?pnfh=5000",
    "/v1/survival-curves?pnfh=600",
    "/v1/estimate?pnfh=1500&detail=group",
    "/v1/evidence/mirocals-2025",
]


def tag_of(client, path, **headers):
    return client.get(path, headers=headers).raise_for_status().headers["etag"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', '{} , "other"', "*", '"a,b",W/{}'])
def test_a_caller_that_holds_the_answer_gets_304(client, path, form):
    tag = tag_of(client, path)
    answer = client.get(path, headers={"if-none-match": form.format(tag)})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == tag
    assert answer.headers["cache-control"] == "no-cache"
    assert "content-type" not in answer.headers


@pytest.mark.parametrize("form", ['"other"', "", "{bare}", '"', "w/{}", "**", '"{bare}x"'])
def test_a_caller_that_holds_another_answer_gets_this_one(client, form):
    tag = tag_of(client, QUESTION)
    sent = form.format(tag, bare=tag.strip('"'))
    assert client.get(QUESTION, headers={"if-none-match": sent}).status_code == 200


def test_tags_in_two_headers_count_as_one_list(client):
    tag = tag_of(client, QUESTION)
    two = [("if-none-match", '"other"'), ("if-none-match", tag)]
    assert client.get(QUESTION, headers=two).status_code == 304


def test_the_same_question_has_the_same_tag_and_bytes(client):
    first, again = client.get(QUESTION), client.get(QUESTION)
    assert (first.headers["etag"], first.content) == (again.headers["etag"], again.content)


def test_different_answers_have_different_tags(client):
    asked = product(
        [*PATHS[:1], "/v1/stratum?pnfh=1500&unit=pg/mL"],
        ["", "&specimen=csf", "&assay_cv=0.187", "&assay_cv=0.1870001", "&times=90", "&alive_at=0"],
        ["en", "fr"],
    )
    bodies_by_tag = {}
    for path, query, language in asked:
        answer = client.get(path + query, headers={"accept-language": language})
        bodies_by_tag.setdefault(answer.headers["etag"], set()).add(answer.content)
    for level in ("1500.0", "1.5e3", "1499", "3700", "3700.1", "600", "600.1"):
        answer = client.get("/v1/estimate", params={"pnfh": level, "unit": "pg/mL"})
        bodies_by_tag.setdefault(answer.headers["etag"], set()).add(answer.content)
    assert all(len(bodies) == 1 for bodies in bodies_by_tag.values())
    assert len(bodies_by_tag) == len(set().union(*bodies_by_tag.values())) > 20


def test_media_types_have_tags_of_their_own(client):
    path = "/v1/survival-curves?pnfh=1500"
    kinds = ["application/json", "text/csv", "image/svg+xml", "image/png"]
    tags = [tag_of(client, path, accept=kind) for kind in kinds]
    assert len(set(tags)) == len(kinds)
    for kind, tag in zip(kinds, tags, strict=True):
        for other in tags:
            answer = client.get(path, headers={"accept": kind, "if-none-match": other})
            assert answer.status_code == (304 if other == tag else 200)


def test_what_is_posted_is_always_answered_whole_and_kept_by_nobody(client):
    body = {"pnfh": {"value": 1500, "unit": "pg/mL"}}
    first = client.post("/v1/estimates", json=body)
    for tag in ("*", first.headers["etag"]):
        answer = client.post("/v1/estimates", json=body, headers={"if-none-match": tag})
        assert (answer.status_code, answer.content) == (200, first.content)
        assert answer.headers["cache-control"] == "no-store"


def test_a_refusal_is_never_304(client):
    answer = client.get("/v1/estimate?pnfh=x", headers={"if-none-match": "*"})
    assert answer.status_code == 422
