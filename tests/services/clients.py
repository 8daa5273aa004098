"""A clinic's system on this machine that logs in, or signs its calls, with keys of its own."""

import asyncio
import json
import threading
import time
from contextlib import contextmanager
from typing import ClassVar
from uuid import uuid4

from app.cli.clinics import the_clinic
from app.db.audit_key import read_audit_key
from app.db.engine import open_engine
from app.db.trusted_clients import TrustedClientRepository
from app.use_cases.access.register_client import Registration, register_client
from app.use_cases.access.revoke_client import revoke_client
from app.use_cases.audit.act_for_operator import take_turn
from tests.services.issuer import KEYS_PATH, LocalIssuer, sign

TOKEN_PATH = "/oauth/token"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALL = "system/*.cruds"


class LocalClient(LocalIssuer):
    """Signs assertions and calls, and publishes the keys for them at `jwks_url`.

    `token` makes what its present errand needs: `for_login` or `for_call` say which that is.
    """

    algorithms: ClassVar = {"rsa": "RS384", "ec": "ES384", "next": "RS384"}
    curve = "P-384"
    kind = "JWT"
    errand: ClassVar = {}

    @property
    def jwks_url(self):
        """Where its keys are."""
        return self.url + KEYS_PATH

    def for_login(self, client_id, place):
        """Sign assertions from now on, for the token address of a service."""
        self.errand = {"iss": client_id, "sub": client_id, "aud": place + TOKEN_PATH}
        return self

    def for_call(self, address):
        """Sign calls of a CDS service from now on."""
        self.errand = {"iss": self.url, "aud": address}
        return self

    def claims(self, **changes):
        """Give the claims of a good token, never the same twice; None takes one away."""
        now = int(time.time())
        good = {"iat": now, "exp": now + 300, "jti": str(uuid4())} | self.errand
        return {name: value for name, value in (good | changes).items() if value is not None}

    def signed(self, claims, *, key="rsa", header=None):
        """Sign exactly these claims."""
        told = {"alg": self.algorithms[key], "kid": key, "typ": self.kind} | (header or {})
        return sign(told, json.dumps(claims), self.held[key])


@contextmanager
def running_client():
    """Run a client's server of keys."""
    client = LocalClient()
    thread = threading.Thread(target=client.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield client
    finally:
        client.server.shutdown()
        client.server.server_close()
        thread.join()


def register(settings, *, clinic="North", scopes=ALL, name="A clinic's system", **said):
    """Register a client in a database and give its id."""
    registration = Registration(name=name, scopes=scopes, **said)

    async def deed(engine, clinic_id):
        async with take_turn(engine, clinic_id, read_audit_key(settings)) as turn:
            return await register_client(registration, turn=turn, issuer_of_users=None)

    return _run(settings, clinic, deed)


def revoke(settings, client_id, clinic="North"):
    """Trust a client no longer."""

    async def deed(engine, clinic_id):
        async with take_turn(engine, clinic_id, read_audit_key(settings)) as turn:
            client = await TrustedClientRepository(turn.connection).get(client_id)
            return await revoke_client(client, turn=turn)

    return _run(settings, clinic, deed)


def form(assertion, scope=ALL, **changes):
    """Lay out what is sent for a token; None leaves a field out."""
    fields = {
        "grant_type": "client_credentials",
        "client_assertion_type": JWT_BEARER,
        "client_assertion": assertion,
        "scope": scope,
    } | changes
    return {name: value for name, value in fields.items() if value is not None}


def _run(settings, clinic, deed):
    async def run():
        engine = open_engine(settings)
        try:
            return await deed(engine, await the_clinic(engine, clinic))
        finally:
            await engine.dispose()

    return asyncio.run(run())
