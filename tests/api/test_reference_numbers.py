"""Every printed reference number comes back over HTTP."""

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests.oracle.reference import find, read_rows


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Ask the running service; an estimate touches no database, so one will do."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"))
    answers = {}
    with TestClient(create_app(settings)) as client:

        def ask(query):
            key = tuple(query.items())
            if key not in answers:
                answers[key] = client.get("/v1/estimate", params=query)
            return answers[key]

        yield ask


@pytest.mark.parametrize("row", read_rows(), ids=lambda row: row.name)
def test_the_service_gives_the_printed_number(ask, row):
    response = ask(row.query)
    assert response.status_code == 200, response.text
    found = find(response.json(), row.path)
    assert row.holds(found), f"{found} is not {row.expected} within {row.tolerance}"
