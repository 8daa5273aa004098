"""The check of the OpenAPI document finds every kind of break, and lets additions pass."""

import json
import sys
from copy import deepcopy
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from app.main import create_app
from app.settings import Settings

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "scripts" / "check_openapi_changes.py"
BASELINE = ROOT / "docs" / "openapi" / "v1.json"


@pytest.fixture(scope="module")
def script():
    path = list(sys.path)
    spec = spec_from_file_location("check_openapi_changes", SCRIPT)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.path[:] = path
    return module


@pytest.fixture(scope="module")
def released(script):
    return script.pruned(create_app(Settings()).openapi())


def operation(document, method, path):
    return document["paths"][path][method]


def schema(document, name):
    return document["components"]["schemas"][name]


def field(document, name, member):
    return schema(document, name)["properties"][member]


def parameter(document, method, path, name):
    return next(p for p in operation(document, method, path)["parameters"] if p["name"] == name)


def without_path(document):
    del document["paths"]["/v1/stratum"]


def without_method(document):
    del document["paths"]["/v1/patients/{patient_id}"]["patch"]


def with_another_path(document):
    document["paths"]["/v1/strata"] = document["paths"].pop("/v1/stratum")


def with_another_name(document):
    operation(document, "get", "/v1/stratum")["operationId"] = "find_stratum"


def without_parameter(document):
    operation(document, "get", "/v1/estimate")["parameters"].remove(
        parameter(document, "get", "/v1/estimate", "times")
    )


def with_another_parameter_name(document):
    parameter(document, "get", "/v1/estimate", "times")["name"] = "days"


def with_needed_parameter(document):
    parameter(document, "get", "/v1/estimate", "unit")["required"] = True


def with_new_needed_parameter(document):
    new = {"name": "clinic", "in": "query", "required": True, "schema": {"type": "string"}}
    operation(document, "get", "/v1/estimate")["parameters"].append(new)


def with_narrower_parameter(document):
    parameter(document, "get", "/v1/patients", "limit")["schema"]["maximum"] = 100


def with_another_default(document):
    parameter(document, "get", "/v1/patients", "limit")["schema"]["default"] = 10


def with_fewer_choices_in_a_parameter(document):
    parameter(document, "get", "/v1/patients", "sort")["schema"]["enum"].pop()


def with_needed_header(document):
    parameter(document, "post", "/v1/patients", "Idempotency-Key")["required"] = True


def with_new_needed_field(document):
    schema(document, "EstimateRequest")["properties"]["reason"] = {"type": "string"}
    schema(document, "EstimateRequest")["required"].append("reason")


def with_field_made_needed(document):
    schema(document, "EstimateRequest")["required"].append("patient")


def without_field_to_send(document):
    del schema(document, "LevelRequest")["properties"]["comparator"]


def with_fewer_choices_to_send(document):
    field(document, "EstimateRequest", "detail")["enum"].remove("group")


def with_another_type_to_send(document):
    field(document, "LevelRequest", "value")["type"] = "string"


def with_number_made_whole(document):
    field(document, "LevelRequest", "value")["type"] = "integer"


def without_null_to_send(document):
    answers = field(document, "LevelRequest", "comparator")["anyOf"]
    answers.remove({"type": "null"})


def with_shorter_text_to_send(document):
    field(document, "EstimateRequest", "evidence")["maxLength"] = 8


def with_pattern_to_send(document):
    field(document, "EstimateRequest", "evidence")["pattern"] = "^mirocals"


def without_covariates_of_any_name(document):
    field(document, "PatientRequest", "covariates")["additionalProperties"] = False


def without_media_type_to_send(document):
    del operation(document, "post", "/v1/imports")["requestBody"]["content"]["text/csv"]


def with_needed_body(document):
    body = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
    operation(document, "post", "/v1/estimates/{estimate_id}/replay")["requestBody"] = body


def without_field_in_answer(document):
    del schema(document, "FullResponse")["properties"]["context"]
    schema(document, "FullResponse")["required"].remove("context")


def without_optional_field_in_answer(document):
    del schema(document, "FullResponse")["properties"]["possible_strata"]


def with_another_field_name_in_answer(document):
    answer = schema(document, "HazardRatioResponse")
    answer["properties"]["ratio"] = answer["properties"].pop("value")
    answer["required"][answer["required"].index("value")] = "ratio"


def with_optional_field_in_answer(document):
    schema(document, "FullResponse")["required"].remove("warnings")


def with_null_in_answer(document):
    answer = schema(document, "HazardRatioResponse")["properties"]
    answer["value"] = {"anyOf": [{"type": "number"}, {"type": "null"}]}


def with_another_type_in_answer(document):
    field(document, "HazardRatioResponse", "value")["type"] = "string"


def with_wider_number_in_answer(document):
    field(document, "PatientVersion", "version")["type"] = "number"


def with_further_choice_in_answer(document):
    field(document, "FullResponse", "status")["enum"].append("pending")


def with_open_choice_in_answer(document):
    del field(document, "FullResponse", "status")["enum"]


def with_list_of_others_in_answer(document):
    field(document, "FullResponse", "notices")["items"] = {"type": "string"}


def with_a_further_shape_in_answer(document):
    schema(document, "EstimateResponse")["anyOf"].append({"type": "string"})


def without_status(document):
    del operation(document, "get", "/v1/estimate")["responses"]["304"]


def with_another_good_status(document):
    answers = operation(document, "post", "/v1/patients")["responses"]
    answers["202"] = answers["201"]


def without_media_type_in_answer(document):
    answer = operation(document, "get", "/v1/survival-curves")["responses"]["200"]
    del answer["content"]["text/csv"]


def without_header_in_answer(document):
    del operation(document, "post", "/v1/patients")["responses"]["201"]["headers"]["Location"]


def with_a_key(document):
    operation(document, "get", "/v1/estimate")["security"] = [{"ApiKey": []}]


def with_another_key(document):
    operation(document, "get", "/v1/patients")["security"] = [{"Certificate": []}]


def going_away_in_silence(document):
    operation(document, "get", "/v1/stratum")["deprecated"] = True


BREAKS = [
    without_path, without_method, with_another_path, with_another_name, without_parameter,
    with_another_parameter_name, with_needed_parameter, with_new_needed_parameter,
    with_narrower_parameter, with_another_default, with_fewer_choices_in_a_parameter,
    with_needed_header, with_new_needed_field, with_field_made_needed, without_field_to_send,
    with_fewer_choices_to_send, with_another_type_to_send, with_number_made_whole,
    without_null_to_send, with_shorter_text_to_send, with_pattern_to_send,
    without_covariates_of_any_name, without_media_type_to_send, with_needed_body,
    without_field_in_answer, without_optional_field_in_answer, with_another_field_name_in_answer,
    with_optional_field_in_answer, with_null_in_answer, with_another_type_in_answer,
    with_wider_number_in_answer, with_further_choice_in_answer, with_open_choice_in_answer,
    with_list_of_others_in_answer, with_a_further_shape_in_answer, without_status,
    with_another_good_status, without_media_type_in_answer, without_header_in_answer, with_a_key,
    with_another_key, going_away_in_silence,
]  # fmt: skip


@pytest.mark.parametrize("mutate", BREAKS, ids=lambda mutate: mutate.__name__)
def test_a_break_is_found(script, released, mutate):
    now = deepcopy(released)
    mutate(now)
    assert now != released
    assert [*script.breaks(released, now), *script.unannounced(now)] != []


def with_new_path(document):
    document["paths"]["/v1/strata"] = document["paths"]["/v1/stratum"]


def with_new_parameter(document):
    new = {"name": "horizon", "in": "query", "required": False, "schema": {"type": "string"}}
    operation(document, "get", "/v1/estimate")["parameters"].append(new)


def with_new_field_to_send(document):
    schema(document, "EstimateRequest")["properties"]["remark"] = {"type": "string"}


def with_further_choice_to_send(document):
    field(document, "EstimateRequest", "detail")["enum"].append("brief")


def with_new_field_in_answer(document):
    schema(document, "HazardRatioResponse")["properties"]["z"] = {"type": "number"}
    schema(document, "HazardRatioResponse")["required"].append("z")


def with_new_media_type_in_answer(document):
    answer = operation(document, "get", "/v1/survival-curves")["responses"]["200"]
    answer["content"]["application/pdf"] = {"schema": {"type": "string"}}


def with_new_problem(document):
    answers = operation(document, "get", "/v1/stratum")["responses"]
    answers["429"] = answers["422"]


ADDITIONS = [
    with_new_path, with_new_parameter, with_new_field_to_send, with_further_choice_to_send,
    with_new_field_in_answer, with_new_media_type_in_answer, with_new_problem,
]  # fmt: skip


@pytest.mark.parametrize("mutate", ADDITIONS, ids=lambda mutate: mutate.__name__)
def test_an_addition_passes_and_is_told(script, released, mutate):
    now = deepcopy(released)
    mutate(now)
    assert list(script.breaks(released, now)) == []
    assert list(script.additions(released, now)) != []


def taking_more(document):
    """Widen what may be sent: no caller of before notices."""
    field(document, "LevelRequest", "specimen")["type"] = ["string", "null"]
    parameter(document, "get", "/v1/patients", "limit")["schema"]["maximum"] = 500
    del parameter(document, "get", "/v1/estimate", "evidence")["schema"]["maxLength"]
    schema(document, "MeasurementRequest")["required"].remove("specimen")


def answering_less(document):
    """Narrow what is answered: every answer is one that callers know."""
    schema(document, "HazardRatioResponse")["properties"]["lower"] = {"type": "number"}
    field(document, "FullResponse", "status")["enum"].remove("indeterminate")
    field(document, "HazardRatioResponse", "value")["type"] = "integer"


def open_to_all(document):
    operation(document, "get", "/v1/audit")["security"] = []


def going_away_aloud(document):
    told = operation(document, "get", "/v1/stratum")
    told["deprecated"] = True
    told["responses"]["200"]["headers"] = {"Deprecation": {}, "Sunset": {}}


@pytest.mark.parametrize("mutate", [taking_more, answering_less, open_to_all, going_away_aloud])
def test_what_no_caller_can_stumble_over_passes(script, released, mutate):
    now = deepcopy(released)
    mutate(now)
    assert now != released
    assert [*script.breaks(released, now), *script.unannounced(now)] == []


def test_a_document_breaks_nothing_of_itself(script, released):
    assert list(script.breaks(released, released)) == []
    assert list(script.additions(released, released)) == []


def test_what_was_released_still_holds(script, released):
    assert list(script.breaks(json.loads(BASELINE.read_text()), released)) == []


def test_the_baseline_has_no_words_and_no_example_but_fields_of_those_names(script, released):
    text = json.dumps(script.pruned(released))
    assert '"example"' not in text
    assert "description" not in schema(released, "PatientRequest")
    assert all(path.startswith("/v1/") for path in released["paths"])
    assert "title" in schema(released, "VectorResponse")["properties"]


COMPARED = {
    "$ref", "anyOf", "oneOf", "type", "const", "enum", "properties", "required", "items",
    "additionalProperties", "patternProperties", "default", "minimum", "maximum", "minLength",
    "maxLength", "minItems", "maxItems", "maxProperties", "pattern", "format",
}  # fmt: skip
OF_NO_CONSEQUENCE = {"discriminator"}
"""It only says which of the alternatives is meant, as their own constants do."""


def words_of(part):
    """Yield the keywords of a schema and of all below it."""
    yield from part
    inner = [part[name] for name in ("items", "additionalProperties") if name in part]
    inner += [*part.get("anyOf", []), *part.get("oneOf", [])]
    inner += [*part.get("properties", {}).values(), *part.get("patternProperties", {}).values()]
    for one in inner:
        yield from words_of(one) if isinstance(one, dict) else ()


def test_the_check_knows_every_word_that_our_schemas_use(released):
    used = {word for one in released["components"]["schemas"].values() for word in words_of(one)}
    assert used <= COMPARED | OF_NO_CONSEQUENCE


def test_the_command_says_what_breaks_and_what_is_new(script, released, tmp_path, capsys):
    now, baseline = tmp_path / "now.json", tmp_path / "baseline.json"
    baseline.write_text(json.dumps(released))
    changed = deepcopy(released)
    without_path(changed)
    with_new_parameter(changed)
    now.write_text(json.dumps(changed))
    assert script.main(now, baseline, record=False) == 1
    told = capsys.readouterr()
    assert told.err == "breaks callers: GET /v1/stratum is gone\n"
    assert "GET /v1/estimate: the parameter horizon" in told.out
    assert script.main(now, baseline, record=True) == 0
    assert script.main(now, baseline, record=False) == 0
    assert capsys.readouterr().err == ""
