"""Two clinics, their keys, and the service between them, on each database."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import cache

from fastapi.testclient import TestClient

from app.clinic.access import Role
from app.db.engine import open_engine
from app.db.transaction import transaction
from app.main import create_app
from app.use_cases.access.create_key import create_key

# What an app holds between tests does not change; what does, it opens when it starts.
app_of = cache(create_app)

LONG_AGO = (datetime.now(UTC) - timedelta(days=2)).date()
SOMEBODY = {"identifier": "SITE-0042"}
LEVEL = {"biomarker": "pnfh", "value": 1500, "unit": "pg/mL", "specimen": "csf"}


def make_keys(settings):
    """Make every kind of key for the clinics North and South."""

    async def make():
        engine = open_engine(settings)
        async with transaction(engine, writes=True) as connection:
            keys = {
                (clinic, role): await create_key(clinic, role, None, connection=connection)
                for clinic in ("North", "South")
                for role in Role
            }
            keys["North", "expired"] = await create_key(
                "North", Role.ADMIN, LONG_AGO, connection=connection
            )
        await engine.dispose()
        return keys

    return asyncio.run(make())


class Service:
    """The running service, asked by one of the keys."""

    def __init__(self, client, keys):
        self.client = client
        self.keys = keys

    def ask(self, method, path, *, by=("North", Role.EDITOR), **options):
        """Send a request with the key of a clinic and role, or without one (None)."""
        headers = dict(options.pop("headers", {}))
        if by is not None:
            headers["authorization"] = f"Bearer {self.keys[by]}"
        return self.client.request(method, path, headers=headers, **options)

    def keep(self, by=("North", Role.EDITOR), **facts):
        """Keep a patient and give what was answered."""
        answer = self.ask("POST", "/v1/patients", by=by, json=SOMEBODY | facts)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def measure(self, patient, by=("North", Role.EDITOR), **facts):
        """Record a measurement of a patient and give what was answered."""
        path = f"/v1/patients/{patient['id']}/measurements"
        answer = self.ask("POST", path, by=by, json=LEVEL | facts)
        assert answer.status_code == 201, answer.text
        return answer.json()


def open_service(settings):
    """Start the service; use it in a `with`."""
    return TestClient(app_of(settings), raise_server_exceptions=False)
