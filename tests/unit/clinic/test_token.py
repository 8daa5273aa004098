"""What a token must say: every rule by itself, beside a token that keeps them all."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from app.clinic.access import Role
from app.clinic.token import (
    LEEWAY_SECONDS,
    SigningHeader,
    Speaker,
    TokenRefused,
    Trust,
    looks_like_token,
    read_claims,
    read_header,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
TRUST = Trust(issuer="https://issuer.example", audience="neurostrata")
HEADER = {"alg": "RS256", "kid": "one"}
GOOD = {
    "iss": TRUST.issuer,
    "aud": TRUST.audience,
    "sub": "somebody",
    "iat": Decimal(SECONDS),
    "exp": Decimal(SECONDS + 300),
    "clinic": "North",
    "scope": "openid neurostrata/editor",
}
ABSENT = ...


def speaker(**changes):
    claims = {name: value for name, value in (GOOD | changes).items() if value is not ABSENT}
    return read_claims(claims, TRUST, NOW)


def test_a_good_token_speaks_for_somebody_of_a_clinic_with_a_role():
    assert speaker() == Speaker("somebody", "North", Role.EDITOR)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": ABSENT},
        {"iss": "https://issuer.example/"},
        {"iss": "https://other.example"},
        {"iss": [TRUST.issuer]},
        {"aud": ABSENT},
        {"aud": "other"},
        {"aud": "neurostrata2"},
        {"aud": []},
        {"aud": ["other"]},
        {"aud": ["neurostrata", Decimal(1)]},
        {"aud": {"neurostrata": True}},
        {"nonce": "n"},
        {"at_hash": "h"},
        {"c_hash": "h"},
        {"s_hash": "h"},
        {"typ": "ID"},
        {"typ": "Refresh"},
        {"token_use": "id"},
        {"sub": ABSENT},
        {"sub": ""},
        {"sub": "x" * 201},
        {"sub": "two words"},
        {"sub": "line\nfeed"},
        {"sub": "é"},
        {"sub": Decimal(1)},
        {"sub": None},
        {"clinic": ABSENT},
        {"clinic": ""},
        {"clinic": "x" * 201},
        {"clinic": "\u202eNorth"},
        {"clinic": "No\0rth"},
        {"clinic": ["North"]},
        {"clinic": Decimal(1)},
    ],
    ids=str,
)
def test_who_a_token_is_from_for_and_about_is_demanded_exactly(changes):
    with pytest.raises(TokenRefused):
        speaker(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": ABSENT},
        {"iat": ABSENT},
        {"exp": Decimal(SECONDS - LEEWAY_SECONDS)},
        {"exp": Decimal(SECONDS + 3601)},
        {"exp": Decimal(SECONDS)},  # lives for no time
        {"exp": Decimal(SECONDS - 10), "iat": Decimal(SECONDS)},
        {"exp": Decimal(10) ** 400},
        {"exp": Decimal("1e400")},
        {"exp": Decimal("Infinity")},
        {"exp": Decimal("NaN")},
        {"exp": -Decimal(SECONDS)},
        {"exp": Decimal("sNaN")},
        {"exp": Decimal("1e999999999")},
        {"exp": Decimal("1e-999999999")},
        {"exp": Decimal("0.9")},
        {"exp": Decimal(f"{SECONDS - LEEWAY_SECONDS}.9"), "iat": Decimal(SECONDS - 300)},
        {"exp": Decimal(f"{SECONDS + 3601}.0")},
        {"exp": Decimal(f"{SECONDS}.9"), "iat": Decimal(f"{SECONDS}.1")},
        {"iat": Decimal(f"{SECONDS + LEEWAY_SECONDS}.1")},
        {"iat": Decimal("0.9")},
        {"iat": Decimal(f"{SECONDS + 300 - 3601}.9")},
        {"nbf": Decimal(f"{SECONDS + LEEWAY_SECONDS}.1")},
        {"nbf": Decimal("1e999999999")},
        {"exp": str(SECONDS + 300)},
        {"exp": True},
        {"exp": None},
        {"exp": [Decimal(SECONDS + 300)]},
        {"iat": Decimal(SECONDS + LEEWAY_SECONDS + 1)},
        {"iat": Decimal(0)},
        {"iat": Decimal(-1)},
        {"iat": Decimal(SECONDS + 300 - 3601)},
        {"iat": str(SECONDS)},
        {"nbf": Decimal(SECONDS + LEEWAY_SECONDS + 1)},
        {"nbf": Decimal(10) ** 400},
        {"nbf": "soon"},
        {"nbf": None},
    ],
    ids=str,
)
def test_a_token_has_a_short_life_that_is_now(changes):
    with pytest.raises(TokenRefused):
        speaker(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": Decimal(SECONDS - LEEWAY_SECONDS + 1), "iat": Decimal(SECONDS - 300)},
        {"exp": Decimal(SECONDS + 3600)},
        {"exp": Decimal(f"{SECONDS + 300}.5")},
        {"exp": Decimal(f"{SECONDS + 300}.0")},
        {"exp": Decimal(f"{SECONDS + 3600}.9")},
        {"exp": Decimal(f"{SECONDS + 300}e0")},
        {"exp": Decimal(f"{SECONDS // 100 + 1}e2")},
        # What a float of an hour's life is written as.
        {"exp": Decimal(f"{SECONDS + 3600}.1234568"), "iat": Decimal(f"{SECONDS}.1234567")},
        {"iat": Decimal(f"{SECONDS}.123")},
        {"iat": Decimal(f"{SECONDS + LEEWAY_SECONDS - 1}.9")},
        {"nbf": Decimal(f"{SECONDS + LEEWAY_SECONDS - 1}.9")},
        {"iat": Decimal(SECONDS + LEEWAY_SECONDS)},
        {"nbf": Decimal(SECONDS + LEEWAY_SECONDS)},
        {"nbf": Decimal(1)},
        {"aud": ["other", "neurostrata"]},
        {"typ": "Bearer"},
        {"token_use": "access"},
        {"sub": "x" * 200},
        {"sub": "auth0|5f7c8ec7c33c6c004bbafe82"},
        {"clinic": "Clínica 3"},
    ],
    ids=str,
)
def test_what_is_just_within_the_rules_is_taken(changes):
    assert speaker(**changes).role is Role.EDITOR


@pytest.mark.parametrize(
    ("scopes", "role"),
    [
        ({"scope": "neurostrata/viewer"}, Role.VIEWER),
        ({"scope": "neurostrata/admin neurostrata/viewer"}, Role.ADMIN),
        ({"scope": ABSENT, "scp": ["neurostrata/viewer", "neurostrata/editor"]}, Role.EDITOR),
        ({"scope": ABSENT, "scp": "openid neurostrata/viewer"}, Role.VIEWER),
        ({"scope": "neurostrata/viewer", "scp": ["neurostrata/admin"]}, Role.ADMIN),
        ({"scope": ABSENT}, None),
        ({"scope": ""}, None),
        ({"scope": "editor"}, None),
        ({"scope": "neurostrata/editors xneurostrata/editor neurostrata/"}, None),
        ({"scope": "Neurostrata/Editor"}, None),
        ({"scope": "neurostrata/editor\tneurostrata/admin"}, None),
        ({"scope": ["neurostrata/editor", Decimal(1)]}, None),
        ({"scope": {"neurostrata/editor": True}}, None),
    ],
    ids=str,
)
def test_the_greatest_scope_of_this_service_is_the_role(scopes, role):
    assert speaker(**scopes).role is role


@pytest.mark.parametrize("kind", [None, "JWT", "jwt", "at+jwt", "application/at+jwt"])
def test_a_good_header_says_how_the_token_was_signed(kind):
    header = HEADER if kind is None else HEADER | {"typ": kind}
    assert read_header(header | {"x5t": "thumb"}) == SigningHeader("RS256", "one")


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_two_algorithms_are_taken(algorithm):
    assert read_header(HEADER | {"alg": algorithm}).algorithm == algorithm


@pytest.mark.parametrize(
    "changes",
    [
        *({"alg": alg} for alg in ("none", "None", "HS256", "RS384", "RS512", "PS256", "ES384")),
        *({"alg": alg} for alg in ("EdDSA", "rs256", "RS256 ", "", None, Decimal(1), ["RS256"])),
        *({"kid": kid} for kid in ("", None, Decimal(1), ["one"], "x" * 201, "a b", "\n")),
        *({"typ": kind} for kind in ("ID", "id+jwt", "logout+jwt", "dpop+jwt", "JWE", None, "")),
        *({name: "x"} for name in ("jwk", "jku", "x5u", "x5c", "crit", "b64", "cty", "zip", "enc")),
    ],
    ids=str,
)
def test_a_header_of_another_kind_is_refused(changes):
    with pytest.raises(TokenRefused):
        read_header(HEADER | changes)


def test_a_header_needs_an_algorithm_and_a_key_id():
    for missing in HEADER:
        with pytest.raises(TokenRefused):
            read_header({name: value for name, value in HEADER.items() if name != missing})


@pytest.mark.parametrize(
    ("written", "looks"),
    [
        ("a.b.c", True),
        ("a-_.b.c", True),
        ("a.b.", True),
        ("a..", True),
        ("a.b", False),
        ("a.b.c.d.e", False),
        ("a.b.c=", False),
        ("a.b.c\n", False),
        ("é.b.c", False),
        ("nst_x", False),
        ("", False),
    ],
)
def test_the_shape_of_a_token_is_three_parts_of_base64url(written, looks):
    assert looks_like_token(written) is looks
