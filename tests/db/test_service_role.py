"""The role that stands in for users whom row policies do not bind: looked after, and asked for."""

import logging

import pytest
from alembic import command
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from app.db.engine import SERVICE_ROLE, open_engine, open_migration_engine
from app.db.migrations import ONLY_READS, configuration, is_ready, upgrade
from app.db.patients import PatientRepository
from app.db.transaction import clinic_transaction
from app.errors import ConfigurationFault, Unavailable
from app.settings import Settings
from tests.db.rows import a_clinic, a_patient
from tests.services.postgres import run

PLAIN, PAST_POLICIES, MEMBER = "plain_owner", "past_policies", "mere_member"
ROLES = {PLAIN: "", PAST_POLICIES: "BYPASSRLS", MEMBER: ""}


class Owned:
    """A database of a plain user, on a server whose superuser can look at it too."""

    def __init__(self, url, name):
        self._super = make_url(url)
        self._name = name

    def settings(self, user=None):
        user = user or self._super.username
        url = self._super.set(username=user, database=self._name)
        return Settings(database_url=url.render_as_string())

    def run(self, *statements):
        """Run statements in it as a superuser."""
        for statement in statements:
            run(self._super.set(database=self._name).render_as_string(), statement)

    async def keeps_a_patient(self, user=None):
        engine = open_engine(self.settings(user))
        try:
            clinic_id = await a_clinic(engine)
            async with clinic_transaction(engine, clinic_id, writes=True) as connection:
                return await PatientRepository(connection, clinic_id).add(a_patient())
        finally:
            await engine.dispose()

    async def is_ready(self, user=None, **options):
        engine = open_engine(self.settings(user))
        ready = await is_ready(engine, **options)
        await engine.dispose()
        return ready


@pytest.fixture
def owned(postgres_url):
    """Make users and a database of the plain one; the server has no role of ours yet."""
    name = "whose_role_is_looked_after"
    run(postgres_url, f"CREATE DATABASE {name}")
    gone = Owned(postgres_url, name)
    for user, kind in ROLES.items():
        run(postgres_url, f"CREATE ROLE {user} LOGIN {kind}")
    hide(postgres_url)
    run(postgres_url, f"ALTER DATABASE {name} OWNER TO {PLAIN}")
    yield gone
    run(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")
    for user in ROLES:
        run(postgres_url, f"DROP ROLE {user}")
    show(postgres_url)


def hide(url):
    """Let the server have no such role; other databases of it may use one."""
    known = f"EXISTS (SELECT FROM pg_roles WHERE rolname = '{SERVICE_ROLE}')"
    run(url, f"DO $$ BEGIN IF {known} THEN ALTER ROLE {SERVICE_ROLE} RENAME TO set_aside;"
             " END IF; END $$")  # fmt: skip


def show(url):
    aside = "EXISTS (SELECT FROM pg_roles WHERE rolname = 'set_aside')"
    ours = f"EXISTS (SELECT FROM pg_roles WHERE rolname = '{SERVICE_ROLE}')"
    run(url, f"DO $$ BEGIN IF {ours} THEN DROP ROLE {SERVICE_ROLE}; END IF;"
             f" IF {aside} THEN ALTER ROLE set_aside RENAME TO {SERVICE_ROLE}; END IF;"
             " END $$")  # fmt: skip


async def test_who_cannot_take_the_role_on_is_told_by_migrate_what_to_run(owned):
    upgrade(owned.settings(PLAIN))
    owned.run(f"GRANT {PLAIN} TO {PAST_POLICIES}")
    with pytest.raises(ConfigurationFault) as caught:
        upgrade(owned.settings(PAST_POLICIES))
    assert not await owned.is_ready(PAST_POLICIES)
    with pytest.raises(Unavailable):
        await owned.keeps_a_patient(PAST_POLICIES)
    told = caught.value.detail
    assert "\n" not in told
    statements = told.partition("in this database: ")[2]
    owned.run(*statements.split(";")[:-1])
    assert await owned.is_ready(PAST_POLICIES)
    assert await owned.keeps_a_patient(PAST_POLICIES)
    upgrade(owned.settings(PAST_POLICIES))


async def test_who_cannot_take_the_role_on_is_told_at_the_first_migrate_too(owned):
    owned.run(f"ALTER DATABASE whose_role_is_looked_after OWNER TO {PAST_POLICIES}")
    with pytest.raises(ConfigurationFault, match=f"CREATE ROLE {SERVICE_ROLE}"):
        upgrade(owned.settings(PAST_POLICIES))
    assert not await owned.is_ready(PAST_POLICIES)


@pytest.mark.parametrize("role", ["missing", "without rights"])
async def test_a_superuser_who_takes_over_a_plain_owners_database_can_work(owned, role):
    upgrade(owned.settings(PLAIN))
    if role == "without rights":
        owned.run(f"CREATE ROLE {SERVICE_ROLE}")
    assert await owned.is_ready(PLAIN)
    assert not await owned.is_ready()
    with pytest.raises(Unavailable if role == "missing" else DBAPIError):
        await owned.keeps_a_patient()
    upgrade(owned.settings())
    assert await owned.is_ready()
    assert await owned.keeps_a_patient()
    assert await owned.keeps_a_patient(PLAIN)


async def test_the_owner_gives_the_role_its_rights_for_a_superusers_service(owned):
    owned.run(f"CREATE ROLE {SERVICE_ROLE}")
    upgrade(owned.settings(PLAIN))
    assert await owned.is_ready()
    assert await owned.keeps_a_patient()


async def test_a_mere_member_of_the_role_is_ready(owned):
    upgrade(owned.settings())
    owned.run(f"GRANT {SERVICE_ROLE} TO {MEMBER}")
    assert await owned.is_ready(MEMBER)
    assert await owned.keeps_a_patient(MEMBER)
    upgrade(owned.settings(MEMBER))  # nothing is missing, so nothing is asked of it


async def test_who_has_no_rights_is_not_ready_and_may_not_migrate(owned, caplog):
    upgrade(owned.settings())
    with pytest.raises(ConfigurationFault, match="tables' owner"):
        upgrade(owned.settings(MEMBER))
    owned.run(f"GRANT SELECT ON alembic_version TO {MEMBER}")
    with caplog.at_level(logging.ERROR):
        assert not await owned.is_ready(MEMBER)
    assert f"GRANT {SERVICE_ROLE} TO {MEMBER}" in caplog.text


async def test_a_role_that_lost_its_rights_gets_them_back(owned):
    upgrade(owned.settings())
    owned.run(f"REVOKE ALL ON patient, audit_event, alembic_version FROM {SERVICE_ROLE}")
    assert not await owned.is_ready()
    upgrade(owned.settings())
    assert await owned.is_ready()
    assert await owned.keeps_a_patient()


async def test_a_schema_closed_to_everybody_is_opened_to_the_role(owned):
    owned.run("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    upgrade(owned.settings())
    assert await owned.keeps_a_patient()


async def test_why_a_database_is_not_ready_is_logged_once(owned, caplog):
    upgrade(owned.settings(PLAIN))
    engine = open_engine(owned.settings())
    for _ in range(3):
        assert not await is_ready(engine)
    upgrade(owned.settings())
    assert await is_ready(engine)
    owned.run(f"REVOKE ALL ON patient FROM {SERVICE_ROLE}")
    assert not await is_ready(engine)
    await engine.dispose()
    told = [line.getMessage() for line in caplog.records if line.name == "neurostrata"]
    assert len(told) == 2
    assert all(line.startswith("not ready: ") for line in told)
    assert told[1].endswith(f"GRANT SELECT, INSERT, UPDATE, DELETE ON patient TO {SERVICE_ROLE};")


async def test_a_database_that_only_reads_is_not_ready_for_a_service(owned, caplog):
    upgrade(owned.settings(PLAIN))
    engine = open_engine(owned.settings(PLAIN))
    assert await is_ready(engine, writes=True)
    owned.run(f"ALTER ROLE {PLAIN} SET default_transaction_read_only = on")
    await engine.dispose()
    assert not await is_ready(engine, writes=True)
    assert await owned.is_ready(PLAIN)  # to list keys or to verify the account it will do
    upgrade(owned.settings(PLAIN))  # nothing is missing, so nothing is written
    owned.run(f"ALTER ROLE {PLAIN} RESET default_transaction_read_only")
    assert [line.getMessage() for line in caplog.records] == [f"not ready: {ONLY_READS}"]
    # The session that could only read is not kept.
    assert await is_ready(engine, writes=True)
    await engine.dispose()


def test_a_downgrade_of_what_the_step_gave_works(owned):
    upgrade(owned.settings())
    engine = open_migration_engine(owned.settings())
    config = configuration()
    config.attributes["engine"] = engine
    command.downgrade(config, "base")
    engine.dispose()
