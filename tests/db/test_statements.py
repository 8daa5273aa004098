"""No statement about a clinic's records leaves the clinic out, on either database."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from app.answers.answer import Answers, Manner
from app.clinic.erasure import Erasure
from app.clinic.first_answer import FirstAnswer, Sending
from app.clinic.page import Place
from app.db.engine import open_engine
from app.db.erasures import ErasureRepository
from app.db.estimates import EstimateRepository
from app.db.first_answers import FirstAnswerRepository
from app.db.patients import PatientRepository
from app.db.transaction import clinic_transaction
from tests.builders import MIROCALS, a_question, an_estimate_kept
from tests.db.rows import NOON, a_clinic, a_patient

SENDING = Sending(principal="token:somebody", route="r", key="k")
LATER = NOON + timedelta(days=400)


def a_first_answer(patient_id=None, body=b"{}"):
    return FirstAnswer(
        fingerprint="f", created_at=NOON, patient_id=patient_id, status=201, headers={}, body=body
    )


def a_kept_estimate(patient):
    manner = Manner(detail="group")
    body = Answers("0").give(a_question(), MIROCALS, manner).body
    kept = an_estimate_kept(a_question(), MIROCALS, manner, body)
    return replace(kept, patient_id=patient.id)


async def use_estimates(ours, patient):
    kept = a_kept_estimate(patient)
    await ours.add(kept)
    assert await ours.find(kept.id) == kept
    assert await ours.page(patient.id, None, 5) == await ours.every(patient.id) == [kept]
    assert await ours.page(patient.id, Place((kept.created_at,), kept.id), 5) == []
    await ours.erase(patient.id)
    assert await ours.find(kept.id) is None


async def use_first_answers(ours, patient):
    answer = a_first_answer(patient.id)
    for remove in (
        lambda: ours.forget(SENDING),
        lambda: ours.forget_before(LATER),
        lambda: ours.erase(patient.id),
    ):
        await ours.keep(SENDING, answer)
        assert await ours.find(SENDING) == answer
        await remove()
        assert await ours.find(SENDING) is None


async def use_erasures(ours, patient):
    done = Erasure(patient_id=patient.id, erased_at=NOON, erased_by="key:somebody")
    await ours.add(done)
    assert await ours.find(patient.id) == done
    assert await ours.remove_before(LATER) == 1
    assert await ours.find(patient.id) is None


USES = {
    EstimateRepository: use_estimates,
    FirstAnswerRepository: use_first_answers,
    ErasureRepository: use_erasures,
}


@pytest.mark.parametrize("repository", USES, ids=lambda each: each.__name__)
async def test_every_statement_names_the_clinic(sqlite_settings, repository, monkeypatch):
    engine = open_engine(sqlite_settings)
    clinic_id, patient, statements, used = await a_clinic(engine), a_patient(), [], set()
    public = {name for name in vars(repository) if name[0] != "_"}
    for name in public:
        method = getattr(repository, name)

        async def noted(self, *given, _name=name, _method=method):
            used.add(_name)
            return await _method(self, *given)

        monkeypatch.setattr(repository, name, noted)
    async with clinic_transaction(engine, clinic_id, writes=True) as connection:
        await PatientRepository(connection, clinic_id).add(patient)

        def note(connection, cursor, statement, parameters, *_):
            statements.append((statement, clinic_id.replace("-", "") in parameters))

        event.listen(engine.sync_engine, "before_cursor_execute", note)
        await USES[repository](repository(connection, clinic_id), patient)
    await engine.dispose()
    assert used == public
    assert [statement for statement, named in statements if not named] == []
    assert len(statements) >= len(public)


async def test_one_principal_in_two_clinics_has_two_first_answers(engine):
    """A token's subject may belong to several clinics, unlike a key."""
    clinics = [await a_clinic(engine, name) for name in ("North", "South")]
    for clinic_id in clinics:
        async with clinic_transaction(engine, clinic_id, writes=True) as connection:
            ours = FirstAnswerRepository(connection, clinic_id)
            assert await ours.find(SENDING) is None
            await ours.keep(SENDING, a_first_answer(body=clinic_id.encode()))
    for clinic_id in clinics:
        async with clinic_transaction(engine, clinic_id, writes=True) as connection:
            ours = FirstAnswerRepository(connection, clinic_id)
            assert (await ours.find(SENDING)).body == clinic_id.encode()
            await ours.forget(SENDING)


async def test_another_clinic_neither_finds_nor_erases_an_estimate(engine):
    north, south = await a_clinic(engine, "North"), await a_clinic(engine, "South")
    patient = a_patient()
    kept = a_kept_estimate(patient)
    async with clinic_transaction(engine, north, writes=True) as connection:
        await PatientRepository(connection, north).add(patient)
        await EstimateRepository(connection, north).add(kept)
    async with clinic_transaction(engine, south, writes=True) as connection:
        others = EstimateRepository(connection, south)
        assert await others.find(kept.id) is None
        assert await others.every(patient.id) == await others.page(patient.id, None, 5) == []
        await others.erase(patient.id)
    async with clinic_transaction(engine, north, writes=False) as connection:
        assert await EstimateRepository(connection, north).find(kept.id) == kept
