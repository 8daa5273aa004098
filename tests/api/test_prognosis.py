"""The prognosis over HTTP: reference patients, what is refused, and what is said with it."""

import pytest

from app.schemas.prognosis import PrognosisResponse
from tests.api.described import members_in, members_of, read, undescribed

NAMES = ("age_at_onset", "alsfrs_r_slope", "diagnostic_delay_months", "fvc_percent")
SIGNS = ("bulbar_onset", "definite_als", "ftd", "c9orf72")

# Computed in Python; rows A and D in R too. Eight predictors; the linear predictor; S at 12, 24,
# 36 and 60 months; the months of the quartiles; S 12 and 21 months past the diagnosis.
VECTORS = {
    "A": (
        (62, 0.6, 12, 90, 0, 0, 0, 0),
        -4.456602,
        (0.978558, 0.809324, 0.494223, 0.153392),
        (26.402, 35.766, 49.458),
        (0.827057, 0.583899),
    ),
    "B": (
        (70, 1.5, 6, 70, 1, 1, 0, 0),
        -2.095685,
        (0.811505, 0.285918, 0.084399, 0.016804),
        (13.403, 18.547, 25.242),
        (0.540304, 0.212507),
    ),
    "C": (
        (45, 0.2, 24, 105, 0, 0, 0, 0),
        -7.362017,
        (0.998802, 0.987271, 0.946965, 0.768021),
        (61.963, 90.370, 136.418),
        (0.959174, 0.904027),
    ),
    "D": (
        (65, 1.0, 8, 80, 1, 1, 1, 1),
        -2.231762,
        (0.831445, 0.314489, 0.095527, 0.019207),
        (13.966, 19.285, 26.203),
        (0.494647, 0.197729),
    ),
    "E": (
        (60, 0.7, 9, 95, 0, 0, 0, 0),
        -4.055576,
        (0.968315, 0.739736, 0.395528, 0.108199),
        (23.645, 31.977, 43.788),
        (0.831880, 0.564955),
    ),
    "F": (
        (75, 0.3, 18, 85, 0, 1, 0, 0),
        -5.231719,
        (0.990007, 0.902097, 0.679616, 0.282291),
        (32.672, 44.817, 63.341),
        (0.834872, 0.639942),
    ),
}


def a_patient(name="A", **changed):
    predictors = VECTORS[name][0]
    signs = map(bool, predictors[4:])
    return dict(zip(NAMES + SIGNS, (*predictors[:4], *signs), strict=True)) | changed


def ask(client, body, **options):
    return client.post("/v1/prognosis", json=body, **options)


def answer(client, body, **options):
    response = ask(client, body, **options)
    assert response.status_code == 200, response.text
    read(PrognosisResponse, response.content)
    return response.json()


def faults(client, body):
    response = ask(client, body)
    assert response.status_code == 422, response.text
    found = {fault["pointer"]: fault["code"] for fault in response.json()["errors"]}
    return response.json()["type"], found


@pytest.mark.parametrize("name", VECTORS)
def test_a_reference_patient_has_the_printed_numbers(client, name):
    _, predictor, survival, quartiles, _ = VECTORS[name]
    found = answer(client, a_patient(name))
    assert found["linear_predictor"] == pytest.approx(predictor, abs=5e-7)
    assert [row["months"] for row in found["survival_at"]] == [12, 24, 36, 60]
    printed = [row["survival"] for row in found["survival_at"]]
    assert printed == pytest.approx(list(survival), abs=5e-7)
    assert [row["conditional"] for row in found["survival_at"]] == [None] * 4
    upper, median, lower = quartiles
    expected = {"upper": upper, "median": median, "lower": lower}
    assert found["quartiles"] == pytest.approx(expected, abs=5e-4)
    assert found["conditional_quartiles"] is None


@pytest.mark.parametrize("name", VECTORS)
def test_a_reference_patient_alive_at_diagnosis_has_the_printed_numbers(client, name):
    predictors, _, _, _, conditional = VECTORS[name]
    delay = predictors[2]
    times = [delay + 12, delay + 21]
    body = a_patient(name, months_since_onset=delay, times_months=times)
    rows = answer(client, body)["survival_at"]
    assert [row["months"] for row in rows] == times
    assert [row["conditional"] for row in rows] == pytest.approx(list(conditional), abs=5e-7)


def test_conditional_survival_is_a_ratio_of_two(client):
    body = a_patient(months_since_onset=20, times_months=[10, 20, 30])
    before, now, later = answer(client, body)["survival_at"]
    assert before["conditional"] is None
    assert now["conditional"] == 1
    assert later["conditional"] == pytest.approx(later["survival"] / now["survival"], rel=1e-12)


def test_at_the_quartiles_that_many_are_left(client):
    found = answer(client, a_patient(months_since_onset=30))
    for name, since in (("quartiles", None), ("conditional_quartiles", 30)):
        months = found[name]
        body = a_patient(months_since_onset=since, times_months=list(months.values()))
        rows = answer(client, body)["survival_at"]
        of = "survival" if since is None else "conditional"
        assert [row[of] for row in rows] == pytest.approx([0.75, 0.5, 0.25], rel=1e-9)


@pytest.mark.parametrize(
    ("since", "months"),
    [
        (None, [12, 24, 36, 60]),
        (0, [12, 24, 36, 60]),
        (14.5, [26.5, 38.5, 50.5, 74.5]),
        (200, [212, 224, 236]),
        (240, [240]),
    ],
)
def test_times_not_asked_for_follow_the_month_the_patient_is_alive_at(client, since, months):
    rows = answer(client, a_patient(months_since_onset=since))["survival_at"]
    assert [row["months"] for row in rows] == months


def test_times_are_given_once_and_in_order(client):
    rows = answer(client, a_patient(times_months=[36, 0, 12, 36.0]))["survival_at"]
    assert [(row["months"], row["survival"] == 1) for row in rows] == [
        (0, True),
        (12, False),
        (36, False),
    ]


def test_it_says_what_it_is_not(client):
    found = answer(client, a_patient())
    assert found["time_origin"] == "onset"
    assert "tracheostomy" in found["endpoint"]
    codes = [notice["code"] for notice in found["notices"]]
    assert {"not_comparable_with_mirocals", "no_interval_possible", "research_use"} <= set(codes)
    assert found["evidence"]["id"] == "encals-2018"
    assert found["warnings"] == []


@pytest.mark.parametrize(
    ("changed", "code", "pointer"),
    [
        ({"months_since_onset": 8}, "before_diagnosis", "/months_since_onset"),
        (
            {"months_since_onset": 20, "times_months": [19, 30]},
            "time_before_months_since_onset",
            "/times_months",
        ),
        ({"alsfrs_r_slope": 0, "age_at_onset": 30}, "quartile_past_the_model", ""),
    ],
)
def test_a_warning_is_told_in_both_languages(client, changed, code, pointer):
    said = set()
    for language in ("en", "fr"):
        found = answer(client, a_patient(**changed), headers={"accept-language": language})
        warning = next(w for w in found["warnings"] if w["code"] == code)
        assert warning["pointer"] == pointer
        said.add(warning["message"])
    assert len(said) == 2


def test_a_quartile_past_the_models_range_is_not_given(client):
    found = answer(client, a_patient(alsfrs_r_slope=0, age_at_onset=30, months_since_onset=100))
    assert found["quartiles"]["lower"] is None
    assert found["conditional_quartiles"]["lower"] is None


def test_the_language_changes_words_only(client):
    english, french = (
        ask(client, a_patient(), headers={"accept-language": language}) for language in ("en", "fr")
    )
    assert (english.headers["content-language"], french.headers["content-language"]) == ("en", "fr")
    one, other = english.json(), french.json()
    assert one["notices"] != other["notices"]
    assert [n["code"] for n in one["notices"]] == [n["code"] for n in other["notices"]]
    assert {**one, "notices": 0} == {**other, "notices": 0}


def test_a_prognosis_is_kept_by_nobody(client):
    assert ask(client, a_patient()).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("delay", [2.4999, 1, 0, -3])
def test_a_delay_under_two_and_a_half_months_lies_outside_the_model(client, delay):
    kind, found = faults(client, a_patient(diagnostic_delay_months=delay))
    assert kind == "/problems/outside-the-model"
    assert found == {"/diagnostic_delay_months": "outside_the_model"}


def test_a_delay_of_two_and_a_half_months_is_answered(client):
    assert answer(client, a_patient(diagnostic_delay_months=2.5))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("age_at_onset", 17.9),
        ("age_at_onset", 101),
        ("alsfrs_r_slope", -0.1),
        ("alsfrs_r_slope", 20.1),
        ("diagnostic_delay_months", 241),
        ("fvc_percent", 9),
        ("fvc_percent", 201),
        ("months_since_onset", -1),
        ("months_since_onset", 241),
    ],
)
def test_a_number_out_of_range_is_refused(client, name, value):
    kind, found = faults(client, a_patient(**{name: value}))
    assert kind == "/problems/validation-error"
    assert found == {f"/{name}": "out_of_range"}


@pytest.mark.parametrize("name", NAMES + SIGNS)
def test_no_predictor_is_imputed(client, name):
    body = a_patient()
    del body[name]
    assert faults(client, body) == ("/problems/validation-error", {f"/{name}": "missing"})
    assert faults(client, a_patient(**{name: None}))[1].keys() == {f"/{name}"}


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"age_at_onset": "62"}, "/age_at_onset"),
        ({"age_at_onset": True}, "/age_at_onset"),
        ({"bulbar_onset": 1}, "/bulbar_onset"),
        ({"times_months": []}, "/times_months"),
        ({"times_months": [12] * 51}, "/times_months"),
        ({"times_months": 12}, "/times_months"),
        ({"times_months": ["12"]}, "/times_months/0"),
        ({"times_months": [12, 240.1]}, "/times_months/1"),
        ({"pnfh": 1500}, "/pnfh"),
    ],
)
def test_what_has_another_shape_is_refused_where_it_stands(client, changed, pointer):
    assert faults(client, a_patient(**changed))[1].keys() == {pointer}


def test_every_fault_is_told_at_once(client):
    body = a_patient(
        age_at_onset=200,
        alsfrs_r_slope="fast",
        diagnostic_delay_months=1,
        times_months=[12, 900],
        stage=3,
    )
    del body["ftd"]
    kind, found = faults(client, body)
    assert kind == "/problems/validation-error"
    assert found == {
        "/age_at_onset": "out_of_range",
        "/alsfrs_r_slope": "not_a_number",
        "/diagnostic_delay_months": "outside_the_model",
        "/times_months/1": "out_of_range",
        "/stage": "unknown_field",
        "/ftd": "missing",
    }


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "application/json", 422),
        (b"[]", "application/json", 422),
        (b"null", "application/json", 422),
        (b"{" * 100, "application/json", 422),
        (b'{"age_at_onset": NaN}', "application/json", 422),
        (b'{"age_at_onset": 1, "age_at_onset": 2}', "application/json", 422),
        (b"{}", "text/plain", 415),
    ],
)
def test_what_is_no_json_object_is_refused(client, content, kind, status):
    response = client.post("/v1/prognosis", content=content, headers={"content-type": kind})
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


def test_an_unknown_parameter_is_refused(client):
    response = client.post("/v1/prognosis?detail=full", json=a_patient())
    assert response.status_code == 422


def test_a_prognosis_is_json_alone(client):
    assert ask(client, a_patient(), headers={"accept": "text/csv"}).status_code == 406


def test_every_member_of_the_schema_is_in_some_answer_and_described(client):
    found = set()
    for body in (a_patient(), a_patient(months_since_onset=8)):
        content = ask(client, body).content
        found |= set(members_in(PrognosisResponse.model_validate_json(content)))
    assert found == members_of(PrognosisResponse)
    assert undescribed(PrognosisResponse) == set()
