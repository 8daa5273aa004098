"""Bearer tokens of a hospital's issuer: who they let in, and the many that they do not."""

# ruff: noqa: F811 - a fixture is asked for by its name

import time

import pytest
from sqlalchemy import text

from app.clinic.access import Caller, Role
from app.db.door import Door
from app.db.engine import open_engine, open_migration_engine
from app.identity.issuer import open_issuer
from app.identity.trust import read_trust
from app.use_cases.access.admit_caller import NOT_ADMITTED, FailedLogins, admit_caller
from app.use_cases.access.record_key_use import KeyUses
from tests.api.clinics import SOMEBODY, Service, make_keys, open_service
from tests.api.hostile_tokens import NOWHERE, flip, hostile_tokens
from tests.db.rows import a_clinic
from tests.services.issuer import (  # noqa: F401 - fixtures
    AUDIENCE,
    DISCOVERY_PATH,
    KEYS_PATH,
    answer,
    issuer,
    running_issuer,
)

PLACE = "/v1/patients"


@pytest.fixture
def trusting(settings, issuer):
    """Point at a database of a service that takes the issuer's tokens, without bound on tries."""
    changes = {"oidc_issuer": issuer.url, "oidc_audience": AUDIENCE, "failed_logins_per_minute": 0}
    return settings.model_copy(update=changes)


@pytest.fixture
def service(trusting):
    """Run the service on a database with two clinics and all their keys."""
    keys = make_keys(trusting)
    with open_service(trusting) as client:
        yield Service(client, keys)


def ask(service, token, path=PLACE, method="GET", **options):
    """Send a request with a token."""
    headers = {"authorization": f"Bearer {token}"}
    return service.ask(method, path, by=None, headers=headers, **options)


def clinic_id_of(settings, name):
    engine = open_migration_engine(settings)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT id FROM clinic WHERE name = :n"), {"n": name})
        written = str(found.scalar_one()).replace("-", "")
    engine.dispose()
    return f"{written[:8]}-{written[8:12]}-{written[12:16]}-{written[16:20]}-{written[20:]}"


def test_hostile_tokens_open_nothing_and_are_told_nothing(service, issuer):
    unknown = ask(service, "nst_" + "x" * 55).json()["detail"]
    attacks = hostile_tokens(issuer)
    opened = {}
    for name, token in attacks.items():
        heard = ask(service, token)
        told = (heard.status_code, heard.json()["type"], heard.json()["detail"])
        if told != (401, "/problems/unauthorized", unknown):
            opened[name] = told
        assert "issuer" not in heard.text
    assert opened == {}
    assert unknown == NOT_ADMITTED
    assert len(attacks) >= 60
    # Nothing but the issuer's own two addresses was asked, whatever the headers said.
    assert set(issuer.asked) == {DISCOVERY_PATH, KEYS_PATH}
    assert [ask(service, issuer.token(key=key)).status_code for key in ("rsa", "ec")] == [200, 200]


def test_moments_may_have_fractions(service, issuer):
    now = time.time() - 1
    token = issuer.token(iat=now + 0.25, exp=now + 300.5, nbf=now)
    assert ask(service, token).status_code == 200


def test_every_single_changed_bit_is_noticed(service, issuer):
    good = issuer.token(key="ec")
    statuses = {ask(service, flip(good, place)).status_code for place in range(0, len(good), 3)}
    assert statuses <= {401}
    assert ask(service, good).status_code == 200


@pytest.mark.parametrize("role", Role)
def test_scopes_give_the_roles_of_their_names(service, issuer, role):
    token = issuer.token(scope=f"openid neurostrata/{role}")
    assert ask(service, token).status_code == 200
    may_write = role.covers(Role.EDITOR)
    kept = ask(service, token, method="POST", json=SOMEBODY)
    assert kept.status_code == (201 if may_write else 403)


@pytest.mark.parametrize("scope", [None, "", "openid profile", "editor", "neurostrata/owner"])
def test_a_good_token_without_a_scope_of_this_service_is_forbidden(
    service,
    issuer,
    scope,
):
    heard = ask(service, issuer.token(scope=scope))
    assert (heard.status_code, heard.json()["type"]) == (403, "/problems/forbidden")
    assert ask(service, issuer.token()).status_code == 200


def test_a_token_of_one_clinic_never_sees_another(service, issuer):
    theirs = service.keep(by=("South", "editor"))
    token = issuer.token(clinic="North", scope="neurostrata/admin")
    heard = [ask(service, token, f"{PLACE}/{patient}") for patient in (theirs["id"], NOWHERE)]
    assert [answer.status_code for answer in heard] == [404, 404]
    assert heard[0].json()["detail"] == heard[1].json()["detail"]
    assert ask(service, token).json()["items"] == []
    other = issuer.token(clinic="South")
    assert ask(service, other, f"{PLACE}/{theirs['id']}").status_code == 200


def test_a_clinic_can_be_named_by_its_id(service, issuer, trusting):
    kept = service.keep(by=("South", "editor"))
    token = issuer.token(clinic=clinic_id_of(trusting, "South"))
    assert ask(service, token, f"{PLACE}/{kept['id']}").status_code == 200


def test_a_token_is_not_read_from_the_address_a_cookie_or_a_second_header(
    service,
    issuer,
):
    token = issuer.token()
    twice = [("authorization", f"Bearer {token}")] * 2
    for options in (
        {"params": {"access_token": token}},
        {"params": {"authorization": f"Bearer {token}"}},
        {"headers": {"cookie": f"access_token={token}; authorization=Bearer {token}"}},
        {"headers": {"x-access-token": token}},
        {"headers": {"authorization": token}},
        {"headers": twice},
    ):
        assert service.client.get(PLACE, **options).status_code == 401
    assert ask(service, token).status_code == 200


def test_keys_work_beside_tokens(service):
    assert service.ask("GET", PLACE).status_code == 200


def test_without_an_issuer_no_token_is_taken(sqlite_settings, issuer):
    keys = make_keys(sqlite_settings)
    with open_service(sqlite_settings) as client:
        assert ask(Service(client, keys), issuer.token()).status_code == 401
    assert issuer.asked == []


def test_wrong_tokens_count_as_failed_logins(sqlite_settings, issuer):
    changes = {"oidc_issuer": issuer.url, "oidc_audience": AUDIENCE, "failed_logins_per_minute": 5}
    settings = sqlite_settings.model_copy(update=changes)
    keys = make_keys(settings)
    with open_service(settings) as client:
        service = Service(client, keys)
        bad = [ask(service, issuer.token(aud="other")).status_code for _ in range(7)]
        assert bad == [401] * 5 + [429] * 2
        assert ask(service, issuer.token()).status_code == 200


def test_while_the_issuer_is_away_its_keys_are_still_good(service, issuer):
    assert ask(service, issuer.token()).status_code == 200
    for path in (DISCOVERY_PATH, KEYS_PATH):
        issuer.behave(path, lambda handler: answer(handler, b"", 500))
    assert ask(service, issuer.token()).status_code == 200
    assert service.ask("GET", PLACE).status_code == 200


def test_an_issuer_that_never_answered_is_told_as_unavailable(service, issuer):
    issuer.behave(DISCOVERY_PATH, lambda handler: answer(handler, b"", 500))
    heard = ask(service, issuer.token())
    assert (heard.status_code, heard.json()["type"]) == (503, "/problems/unavailable")
    assert int(heard.headers["retry-after"]) >= 1
    assert service.ask("GET", PLACE).status_code == 200


async def test_who_comes_with_a_token_is_remembered_by_its_subject(
    trusting,
    issuer,
):
    engine = open_engine(trusting)
    clinic_id, door = await a_clinic(engine, "North"), Door(engine)
    async with open_issuer(read_trust(trusting)) as trusted:
        caller = await admit_caller(
            issuer.token(sub="auth0|17", scope="neurostrata/viewer"),
            "192.0.2.1",
            door=door,
            failed_logins=FailedLogins(0),
            key_uses=KeyUses(door),
            issuer=trusted,
        )
    await door.close()
    await engine.dispose()
    assert caller == Caller(clinic_id, "token:auth0|17", Role.VIEWER)
