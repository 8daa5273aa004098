"""Tokens that must not open anything, by what is wrong with them."""

import hmac
import json
import time

from joserfc.jwk import ECKey, RSAKey

from tests.services.issuer import part, sign

NOWHERE = "00000000-0000-4000-8000-000000000000"
RSA_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")


def hostile_tokens(issuer):
    """Every token that is wrong in one way, by its name."""
    return tokens_of((*TOKENS_OF_ANYBODY, of_another_kind), issuer)


def tokens_of(kinds, issuer):
    """Every token of these kinds, by its name."""
    return {name: token for kind in kinds for name, token in kind(issuer).items()}


def told_by(issuer, key="rsa"):
    """Give the header that goes with a key of the issuer."""
    return {"alg": issuer.algorithms[key], "kid": key}


def flip(token, place):
    """Change one character of a token into another that may stand there."""
    return token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]


def forged(issuer):
    """Tokens that the issuer did not sign, or not in a way that is taken."""
    header, payload, signature = issuer.token().split(".")
    claims, rsa, told = json.dumps(issuer.claims()), issuer.held["rsa"], told_by(issuer)
    ec, bits = told_by(issuer, "ec"), told["alg"][2:]
    stranger, elliptic = RSAKey.generate_key(2048), ECKey.generate_key(issuer.curve)
    public = rsa.as_pem(private=False)
    none = {name: part(json.dumps(told | {"alg": name})) for name in ("none", "None", "NONE")}
    others = [name for name in RSA_ALGORITHMS if name != told["alg"]]
    return {
        **{f"alg {name}": f"{head}.{payload}." for name, head in none.items()},
        "alg none with a signature": f"{none['none']}.{payload}.{signature}",
        "no signature": f"{header}.{payload}.",
        "HMAC with the public key": hmac_signed(told | {"alg": f"HS{bits}"}, claims, public),
        "HMAC told as RSA": hmac_signed(told, claims, public),
        **{name: sign(told | {"alg": name}, claims, rsa) for name in others},
        "PSS told as RSA": sign(told, claims, rsa, f"PS{bits}"),
        "a stranger's key, same kid": sign(told, claims, stranger),
        "a stranger's curve": sign(ec, claims, elliptic),
        "kty and alg do not fit": sign(ec | {"kid": "rsa"}, claims, elliptic),
        "the kid of another key": issuer.token(header={"kid": "ec"}),
        "a signature of zeros": f"{part(json.dumps(ec))}.{payload}."
        + part(bytes(2 * int(bits) // 8)),
    }


def misdirected(issuer):
    """Tokens whose header names no key, or brings one along."""
    claims, rsa, told = json.dumps(issuer.claims()), issuer.held["rsa"], told_by(issuer)
    stranger = RSAKey.generate_key(2048)
    place, embedded = f"{issuer.url}/elsewhere", stranger.as_dict(private=False)
    bringing = {
        "jwk": embedded,
        "jku": place,
        "x5u": place,
        "x5c": ["AAAA"],
        "crit": ["exp"],
        "cty": "JWT",
        "zip": "DEF",
    }
    kids = {"unknown": "none", "a list": ["rsa"], "a path": "../../rsa", "empty": "", "null": None}
    return {
        **{f"kid {how}": sign(told | {"kid": kid}, claims, rsa) for how, kid in kids.items()},
        "no kid": sign({"alg": told["alg"]}, claims, rsa),
        "no alg": sign({"kid": "rsa"}, claims, rsa, told["alg"]),
        **{name: sign(told | {name: one}, claims, rsa) for name, one in bringing.items()},
        **{
            f"{name} of a stranger": sign(told | {name: bringing[name]}, claims, stranger)
            for name in ("jwk", "jku", "x5u")
        },
        "crit b64": sign(told | {"crit": ["b64"], "b64": False}, claims, rsa),
    }


def of_another_kind(issuer):
    """Tokens that are good for something else, or for nobody here."""
    changes = {
        "an ID token by its nonce": {"nonce": "n"},
        "an ID token by its at_hash": {"at_hash": "h"},
        "an ID token of Keycloak": {"typ": "ID"},
        "an ID token of Cognito": {"token_use": "id"},
        "for another API": {"aud": "https://other.example"},
        "for a longer name": {"aud": "neurostrata2"},
        "for nobody": {"aud": None},
        "of another issuer": {"iss": f"{issuer.url}/"},
        "of no issuer": {"iss": None},
        "about nobody": {"sub": None},
        "about two lines": {"sub": "some\nbody"},
        "a clinic that is not here": {"clinic": "Nowhere"},
        "a clinic in other letters": {"clinic": "NORTH"},
        "a clinic's id that is not here": {"clinic": NOWHERE},
        "a pattern for a clinic": {"clinic": "N%"},
        "a list of clinics": {"clinic": ["North", "South"]},
        "no clinic": {"clinic": None},
    }
    by_header = {f"typ {typ}": issuer.token(header={"typ": typ}) for typ in ("id+jwt", "JWE", "ID")}
    return {name: issuer.token(**told) for name, told in changes.items()} | by_header


def of_another_time(issuer):
    """Tokens that are past, to come, or for ever."""
    now = int(time.time())
    changes = {
        "no exp": {"exp": None},
        "no iat": {"iat": None},
        "expired": {"iat": now - 600, "exp": now - 31},
        "expired within the second": {"iat": now - 600, "exp": now - 30.5},
        "not yet": {"nbf": now + 3600},
        "from the future": {"iat": now + 120},
        "for a day": {"exp": now + 86_400},
        "for 10^400 seconds": {"exp": 10**400},
        "a negative exp": {"exp": -now},
        "an exp in words": {"exp": str(now + 300)},
        "exp true": {"exp": True},
    }
    absurd = {
        f"exp {number[:8]}": sign(
            told_by(issuer),
            json.dumps(issuer.claims(exp=0)).replace('"exp": 0', f'"exp": {number}'),
            issuer.held["rsa"],
        )
        for number in ("NaN", "Infinity", "1e400", "9" * 5000)
    }
    return {name: issuer.token(**told) for name, told in changes.items()} | absurd


def malformed(issuer):
    """Tokens that two parsers could read in two ways, or no parser should try to."""
    good, rsa, told = issuer.token(), issuer.held["rsa"], told_by(issuer)
    header, payload, signature = good.split(".")
    claims = json.dumps(issuer.claims())
    return {
        "an empty payload": f"{header}..{signature}",
        "five parts": f"{good}.{payload}.{signature}",
        "a comma for a dot": good.replace(".", ","),
        "exp twice": sign(told, f'{claims[:-1]}, "exp": 1}}', rsa),
        "a list": sign(told, "[1]", rsa),
        "no JSON": sign(told, "{", rsa),
        "UTF-16": sign(told, claims.encode("utf-16"), rsa),
        "a deep payload": sign(told, '{"a":' * 900 + "1" + "}" * 900, rsa),
        "a deep header": f"{part('[' * 4000)}.{payload}.{signature}",
        "a number for a header": f"{part('7')}.{payload}.{signature}",
        "9 kB": issuer.token(padding="x" * 9000),
        "1 MB": issuer.token(padding="x" * 1_000_000),
    }


def changed(issuer):
    """Good tokens with one character changed."""
    good = issuer.token()
    places = (0, 20, good.index(".") + 9, len(good) // 2, len(good) - 40, len(good) - 1)
    return {f"another character at {place}": flip(good, place) for place in places}


def hmac_signed(header, payload, secret):
    """Sign with a shared secret: the oldest trick is to use the public key as one."""
    signed, bits = f"{part(json.dumps(header))}.{part(payload)}", header["alg"][2:]
    return f"{signed}.{part(hmac.digest(secret, signed.encode(), f'sha{bits}'))}"


TOKENS_OF_ANYBODY = (forged, misdirected, of_another_time, malformed, changed)
