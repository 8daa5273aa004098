"""An OpenID Connect issuer on this machine: real keys, a real HTTP server, and bad habits."""

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

KEYS_PATH = "/keys"
DISCOVERY_PATH = "/.well-known/openid-configuration"
AUDIENCE = "neurostrata"


class LocalIssuer:
    """Signs tokens, and publishes the keys for them. `behave` replaces what a path answers."""

    algorithms: ClassVar = {"rsa": "RS256", "ec": "ES256", "next": "RS256"}
    curve = "P-256"
    kind = "at+jwt"

    def __init__(self):
        self.held = {
            "rsa": RSAKey.generate_key(2048),
            "ec": ECKey.generate_key(self.curve),
            "next": RSAKey.generate_key(2048),
        }
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.reset()

    def reset(self):
        """Publish two keys and behave well."""
        self.published = ["rsa", "ec"]
        self.further = []
        self.headers = {}
        self.behaviours = {}
        self.asked = []

    def behave(self, path, behaviour):
        """Let a function of the handler answer this path."""
        self.behaviours[path] = behaviour

    def key_set(self):
        """Lay the published keys out as a key set."""
        keys = [entry_of(self.held[key_id], key_id) for key_id in self.published]
        return {"keys": keys + self.further}

    def discovery(self):
        """Lay out what the issuer says of itself."""
        return {"issuer": self.url, "jwks_uri": self.url + KEYS_PATH}

    def claims(self, **changes):
        """Give the claims of a good token; None takes one away."""
        now = int(time.time())
        good = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "somebody",
            "iat": now,
            "exp": now + 300,
            "clinic": "North",
            "scope": "neurostrata/editor",
        }
        return {name: value for name, value in (good | changes).items() if value is not None}

    def token(self, *, key="rsa", header=None, **changes):
        """Sign a token with one of the issuer's keys."""
        told = {"alg": self.algorithms[key], "kid": key, "typ": self.kind} | (header or {})
        return sign(told, json.dumps(self.claims(**changes)), self.held[key])


def sign(header, payload, key, algorithm=None):
    """Sign whatever is given: the header need not say how it was done."""
    algorithm = jws.JWSRegistry.algorithms[algorithm or header["alg"]]
    payload = payload if isinstance(payload, bytes) else payload.encode()
    signed = f"{part(json.dumps(header))}.{part(payload)}".encode()
    return f"{signed.decode()}.{part(algorithm.sign(signed, key))}"


def part(content):
    """Write one part of a token."""
    content = content if isinstance(content, bytes) else content.encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def entry_of(key, key_id, **changes):
    """Lay one public key out as an entry of a key set."""
    entry = key.as_dict(private=False) | {"kid": key_id, "use": "sig"} | changes
    return {name: value for name, value in entry.items() if value is not None}


def answer(handler, body, status=200, **headers):
    """Answer with a document or with bytes."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    for name, value in ({"content-length": str(len(body))} | headers).items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def _handler_for(issuer):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            issuer.asked.append(self.path)
            try:
                issuer.behaviours.get(self.path, self.behave_well)(self)
            except OSError:
                self.close_connection = True  # the service hung up

        def behave_well(self, _):
            documents = {KEYS_PATH: issuer.key_set, DISCOVERY_PATH: issuer.discovery}
            if self.path in documents:
                answer(self, documents[self.path](), **issuer.headers)
            else:
                answer(self, b"", 404)

        def log_message(self, *_):
            pass

    return Handler


@pytest.fixture(scope="session")
def running_issuer():
    """Run an issuer for all tests of this process."""
    issuer = LocalIssuer()
    thread = threading.Thread(target=issuer.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield issuer
    issuer.server.shutdown()
    issuer.server.server_close()
    thread.join()


@pytest.fixture
def issuer(running_issuer):
    """Give the issuer as it is when it behaves well."""
    running_issuer.reset()
    return running_issuer
