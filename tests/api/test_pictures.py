"""The curves as a table for statistical software and as pictures, by the Accept header."""

import csv
import struct
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from xml.etree import ElementTree as ET

import pytest

from tests.api.refusals import assert_problem, codes

JSON, CSV, SVG, PNG = "application/json", "text/csv", "image/svg+xml", "image/png"
PATH = "/v1/survival-curves"
LOW = {"pnfh": "1500", "unit": "pg/mL"}
NO_CURVES = [
    {"pnfh": "600"},
    {"pnfh": "800", "comparator": "<"},
    {"pnfh": "1500", "evidence": "mirocals-topline-2022"},
]


def ask(client, kind, query=None, **headers):
    return client.get(PATH, params=query or LOW, headers={"accept": kind} | headers)


def test_the_table_has_the_numbers_of_the_json(client):
    table = ask(client, CSV)
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(StringIO(table.text)))
    arms = ask(client, JSON).json()["survival_curves"]["arms"]
    points = [
        (arm["id"], *point)
        for arm in arms
        for point in zip(arm["time"], arm["survival"], arm["lower"], arm["upper"], strict=True)
    ]
    assert len(rows) == len(points) == 2 * 129
    for row, (arm, *numbers) in zip(rows, points, strict=True):
        assert row.pop("arm") == arm
        assert [float(text) for text in row.values()] == pytest.approx(numbers, abs=1e-6)


def test_the_table_begins_with_its_columns_and_ends_its_lines_plainly(client):
    content = ask(client, CSV).content
    assert content.startswith(b"arm,time,survival,lower,upper\nplacebo,0,1.0,1.0,1.0\n")
    assert b"\r" not in content
    assert content.endswith(b"\n")


@pytest.mark.parametrize("query", NO_CURVES, ids=str)
def test_without_curves_the_table_has_its_columns_alone(client, query):
    assert ask(client, CSV, query).text == "arm,time,survival,lower,upper\n"


@pytest.mark.parametrize("query", [LOW, {"pnfh": "5000"}, *NO_CURVES], ids=str)
def test_a_drawing_is_svg_that_holds_no_script_and_asks_for_nothing(client, query):
    drawing = ET.fromstring(ask(client, SVG, query).content)
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    for element in drawing.iter():
        assert element.tag.rpartition("}")[2] not in ("script", "foreignObject", "image", "a")
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert "href" not in name or value.startswith("#")


def test_a_picture_is_a_png_of_readable_size(client):
    content = ask(client, PNG).content
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    assert width >= 800
    assert height >= 600


@pytest.mark.parametrize("kind", [SVG, PNG])
def test_the_same_question_gives_the_same_bytes_even_at_once(client, kind):
    with ThreadPoolExecutor(4) as pool:
        pictures = {one.content for one in pool.map(lambda _: ask(client, kind), range(4))}
    assert len(pictures) == 1


@pytest.mark.parametrize("kind", [SVG, PNG])
def test_another_question_or_language_gives_another_picture(client, kind):
    asked = [(LOW, "en"), (LOW, "fr"), ({"pnfh": "5000"}, "en"), *((q, "en") for q in NO_CURVES)]
    answers = [ask(client, kind, query, **{"accept-language": word}) for query, word in asked]
    assert [one.headers["content-language"] for one in answers] == [word for _, word in asked]
    assert len({one.content for one in answers}) == len(asked)


def test_a_picture_has_no_date_of_its_making(client):
    assert b"<dc:date>" not in ask(client, SVG).content


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("image/*", SVG),
        ("text/*", CSV),
        ("text/csv", CSV),
        ("TEXT/CSV", CSV),
        ("text/csv; header=present", CSV),
        ("image/png, image/svg+xml", SVG),
        ("image/png, image/svg+xml;q=0.9", PNG),
        ("text/csv;q=0.5, application/json;q=0.4", CSV),
        ("text/csv;q=0, */*", JSON),
        ("application/json;q=0, */*", CSV),
        ("application/*;q=0, text/*;q=0, */*;q=0.1", SVG),
        ("text/*;q=0.9, text/csv;q=0.1, image/png;q=0.5", PNG),
        ("text/html, application/xhtml+xml, */*;q=0.8", JSON),
        ("text/csv;q=nan, image/png;q=0.1", PNG),
        ("text/csv;q=5, image/png;q=0.1", PNG),
        (",,text/csv,,", CSV),
    ],
)
def test_the_kind_is_the_one_liked_best(client, accept, kind):
    answer = ask(client, accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == kind


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "image/jpeg",
        "*/*;q=0",
        "text/csv;q=0",
        "csv",
        "application/json;q=0.0",
        "x" * 9999,
    ],
)
def test_what_cannot_be_made_is_refused_with_what_can(client, accept):
    answer = ask(client, accept)
    assert_problem(answer, "not-acceptable")
    assert all(kind in answer.json()["detail"] for kind in (JSON, CSV, SVG, PNG))


@pytest.mark.parametrize("path", ["/v1/estimate", "/v1/stratum", "/v1/treatment-effect"])
@pytest.mark.parametrize("kind", [CSV, SVG, PNG])
def test_only_curves_are_drawn(client, path, kind):
    answer = client.get(path, params=LOW, headers={"accept": kind})
    assert_problem(answer, "not-acceptable")


@pytest.mark.parametrize("kind", [CSV, SVG, PNG])
def test_a_question_for_a_picture_is_judged_as_any(client, kind):
    asked = {"pnfh": "0", "assay_cv": "2", "times": "700"}
    assert codes(ask(client, kind, asked)) == {
        "/pnfh": "biomarker_out_of_range",
        "/assay_cv": "out_of_range",
        "/times": "out_of_range",
    }
    assert codes(ask(client, kind, LOW | {"detail": "group"})) == {"/detail": "not_for_a_part"}


def test_the_table_costs_no_drawing(client, monkeypatch):
    monkeypatch.setattr("app.api.estimates.pictures.draw", None)
    assert ask(client, CSV).status_code == 200
