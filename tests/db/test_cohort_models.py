"""Fitted models in the memory: kept with their question, ended once, read by their clinic alone."""

from datetime import timedelta
from uuid import uuid4

import numpy as np
import pytest
from alembic import command
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.clinic.cohort_model import CohortModel
from app.db.cohort_models import CohortModelRepository, cohort_model
from app.db.engine import open_engine, open_migration_engine
from app.db.migrations import configuration, upgrade
from app.db.transaction import clinic_transaction
from tests.db.rows import NOON, a_clinic

QUESTION = {"terms": [{"variable": "arm"}], "level": 0.9, "filter": {"x_é": {"gte": 1}}}


def a_model(**changes):
    told = {
        "id": str(uuid4()), "created_at": NOON, "created_by": "key:somebody",
        "cohort_version": "0" * 64, "question": QUESTION, "status": "running",
        "alive_until": NOON + timedelta(seconds=30),
    }  # fmt: skip
    return CohortModel(**told | changes)


def a_done_model(**changes):
    told = {"status": "done", "alive_until": None, "document": {"n": 240, "upper": None}}
    return a_model(**told | changes)


async def on(engine, clinic_id, act, writes=True):
    """Do something with the models of a clinic."""
    async with clinic_transaction(engine, clinic_id, writes=writes) as connection:
        return await act(CohortModelRepository(connection, clinic_id))


async def keep(engine, clinic_id, *models):
    for model in models:
        await on(engine, clinic_id, lambda own, one=model: own.add(one))


async def find(engine, clinic_id, model):
    return await on(engine, clinic_id, lambda own: own.find(model.id), writes=False)


@pytest.mark.parametrize("model", [a_model(), a_done_model()], ids=["running", "done"])
async def test_what_is_read_is_what_was_kept(engine, model):
    clinic_id = await a_clinic(engine)
    await keep(engine, clinic_id, model)
    assert await find(engine, clinic_id, model) == model


async def test_a_model_that_was_never_kept_is_not_found(engine):
    clinic_id = await a_clinic(engine)
    await keep(engine, clinic_id, a_model())
    assert await find(engine, clinic_id, a_model()) is None


@pytest.mark.parametrize("status", ["done", "failed"])
async def test_a_running_one_ends_with_its_document_and_version(engine, status):
    clinic_id, model = await a_clinic(engine), a_model(cohort_version="")
    await keep(engine, clinic_id, model)
    await on(engine, clinic_id, lambda own: own.finish(model.id, status, {"n": 1}, "v"))
    found = await find(engine, clinic_id, model)
    assert (found.status, found.document, found.cohort_version) == (status, {"n": 1}, "v")
    assert found.alive_until is None
    assert (found.question, found.created_at) == (model.question, model.created_at)


async def test_numbers_of_a_fit_are_kept_to_the_last_bit(engine):
    clinic_id, model = await a_clinic(engine), a_model()
    document = {"coefficients": np.array([0.1 + 0.2, 1 / 3, 5e-324])}
    await keep(engine, clinic_id, model)
    await on(engine, clinic_id, lambda own: own.finish(model.id, "done", document, "v"))
    found = await find(engine, clinic_id, model)
    assert found.document == {"coefficients": [0.1 + 0.2, 1 / 3, 5e-324]}


async def test_what_has_ended_does_not_end_again(engine):
    clinic_id, model = await a_clinic(engine), a_done_model()
    await keep(engine, clinic_id, model)
    await on(engine, clinic_id, lambda own: own.finish(model.id, "failed", {}, "other"))
    await on(engine, clinic_id, lambda own: own.is_alive(model.id, NOON))
    assert await find(engine, clinic_id, model) == model


async def test_a_running_one_may_be_given_more_time(engine):
    clinic_id, model = await a_clinic(engine), a_model()
    later = NOON + timedelta(minutes=5)
    await keep(engine, clinic_id, model)
    await on(engine, clinic_id, lambda own: own.is_alive(model.id, later))
    assert (await find(engine, clinic_id, model)).alive_until == later


async def test_only_the_one_that_is_named_changes(engine):
    clinic_id, one, other = await a_clinic(engine), a_model(), a_model()
    await keep(engine, clinic_id, one, other)
    await on(engine, clinic_id, lambda own: own.finish(one.id, "done", {}, "v"))
    assert await find(engine, clinic_id, other) == other


async def test_another_clinic_neither_finds_nor_ends_it(engine):
    north, south = await a_clinic(engine, "North"), await a_clinic(engine, "South")
    model = a_model()
    await keep(engine, north, model)
    assert await find(engine, south, model) is None
    await on(engine, south, lambda own: own.finish(model.id, "failed", {}, ""))
    assert await find(engine, north, model) == model


async def test_a_status_that_is_none_is_not_kept(engine):
    clinic_id = await a_clinic(engine)
    with pytest.raises(DBAPIError):
        await keep(engine, clinic_id, a_model(status="perhaps"))


async def test_a_clinic_that_is_none_has_no_models(engine):
    await a_clinic(engine)
    with pytest.raises(DBAPIError):
        await keep(engine, str(uuid4()), a_model())


async def test_postgresql_shows_a_clinic_no_other_clinics_models(engine):
    if engine.dialect.name != "postgresql":
        return
    north, south = await a_clinic(engine, "North"), await a_clinic(engine, "South")
    await keep(engine, north, a_model())
    async with clinic_transaction(engine, south, writes=True) as connection:
        assert (await connection.execute(select(cohort_model))).all() == []
        assert (await connection.execute(text("DELETE FROM cohort_model"))).rowcount == 0
        with pytest.raises(DBAPIError, match="row-level security"):
            await CohortModelRepository(connection, north).add(a_model())


TABLE, STATES = "202611272200", "202611272150"
"""The migrations that bring the models' table and the version of a cohort."""


def migrate(settings, verb, revision):
    engine = open_migration_engine(settings)
    config = configuration()
    config.attributes["engine"] = engine
    verb(config, revision)
    engine.dispose()


async def test_the_migrations_go_back_and_forth_over_rows(empty_settings):
    upgrade(empty_settings)
    engine = open_engine(empty_settings)
    clinic_id, model = await a_clinic(engine), a_done_model()
    await keep(engine, clinic_id, model)
    await engine.dispose()
    migrate(empty_settings, command.downgrade, STATES)
    migrate(empty_settings, command.downgrade, "202611221200")
    migrate(empty_settings, command.upgrade, "head")
    engine = open_engine(empty_settings)
    assert await find(engine, clinic_id, model) is None
    await keep(engine, clinic_id, model)
    assert await find(engine, clinic_id, model) == model
    await engine.dispose()
