"""What a client may sign: every rule by itself, beside a text that keeps them all."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app.clinic.access import Role
from app.clinic.access_token import digest_of, looks_like_access_token, new_token_text
from app.clinic.token import LEEWAY_SECONDS, SigningHeader, TokenRefused
from app.clinic.trusted_client import (
    LONGEST_SECONDS,
    caller_of,
    read_call,
    read_client_header,
    read_login,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
CLIENT = "0b9c1c1e-7b0f-4d1c-9f0e-0d6a4f3a2b11"
TOKENS = "https://neurostrata.example/oauth/token"
KEYS = "https://ehr.example/keys"
HEADER = {"alg": "ES384", "kid": "one", "typ": "JWT"}
LOGIN = {
    "iss": CLIENT,
    "sub": CLIENT,
    "aud": TOKENS,
    "jti": "once",
    "exp": Decimal(SECONDS + 300),
}
ABSENT = ...


def told(good, changes):
    return {name: value for name, value in (good | changes).items() if value is not ABSENT}


def login(**changes):
    return read_login(told(LOGIN, changes), CLIENT, TOKENS, NOW)


def call(**changes):
    good = LOGIN | {"iss": "https://ehr.example", "sub": ABSENT, "iat": Decimal(SECONDS)}
    return read_call(told(good, changes), "https://ehr.example", TOKENS, NOW)


@pytest.mark.parametrize("read", [login, call])
def test_a_good_text_is_used_up_by_its_jti_for_as_long_as_it_is_taken(read):
    assertion = read()
    assert assertion.digest == digest_of("once")
    assert assertion.expires_at == NOW + timedelta(seconds=300 + LEEWAY_SECONDS)


@pytest.mark.parametrize("read", [login, call])
@pytest.mark.parametrize(
    "changes",
    [
        {"iss": ABSENT},
        {"iss": "somebody"},
        {"iss": [CLIENT]},
        {"aud": ABSENT},
        {"aud": f"{TOKENS}/"},
        {"aud": []},
        {"aud": [TOKENS, TOKENS]},
        {"aud": [TOKENS, "https://other.example"]},
        {"aud": {"is": TOKENS}},
        {"jti": ABSENT},
        {"jti": ""},
        {"jti": Decimal(1)},
        {"jti": "x" * 501},
        {"exp": ABSENT},
        {"exp": Decimal(SECONDS - LEEWAY_SECONDS)},
        {"exp": Decimal(SECONDS + 331)},
        {"exp": "soon"},
        {"exp": Decimal("1E400")},
        {"iat": Decimal(SECONDS + LEEWAY_SECONDS + 1)},
        {"iat": Decimal(SECONDS - 1)},
        {"iat": Decimal(SECONDS + 10), "exp": Decimal(SECONDS + 10)},
        {"nbf": Decimal(SECONDS + LEEWAY_SECONDS + 1)},
    ],
)
def test_a_text_that_breaks_a_rule_is_refused(read, changes):
    with pytest.raises(TokenRefused):
        read(**changes)


@pytest.mark.parametrize("sub", [ABSENT, "", "somebody", "https://ehr.example"])
def test_a_login_is_about_the_client_itself(sub):
    with pytest.raises(TokenRefused, match="sub"):
        login(sub=sub)


def test_a_login_need_not_say_when_it_was_signed_but_a_call_must():
    assert login(iat=ABSENT, exp=Decimal(SECONDS + LONGEST_SECONDS + LEEWAY_SECONDS))
    with pytest.raises(TokenRefused, match="iat"):
        call(iat=ABSENT)


def test_clocks_may_be_half_a_minute_apart():
    ahead = Decimal(SECONDS + LEEWAY_SECONDS)
    assert call(iat=ahead, nbf=ahead, exp=ahead + LONGEST_SECONDS)
    assert call(iat=Decimal(SECONDS - 300), exp=Decimal(SECONDS - LEEWAY_SECONDS + 1))


def test_a_fraction_never_makes_a_text_good_for_longer():
    whole, fraction = Decimal(SECONDS + 300), Decimal(f"{SECONDS + 300}.9")
    assert login(exp=fraction) == login(exp=whole)
    assert call(iat=Decimal(f"{SECONDS}.9"), exp=fraction) == call(exp=whole)


def test_one_audience_may_stand_in_a_list():
    assert login(aud=[TOKENS]) == login()


@pytest.mark.parametrize(
    "changes", [{}, {"alg": "RS384"}, {"jku": KEYS}, {"typ": ABSENT}, {"typ": "jwt"}]
)
def test_a_header_names_an_algorithm_and_a_key(changes):
    header = told(HEADER, changes)
    assert read_client_header(header, KEYS) == SigningHeader(header["alg"], "one")


@pytest.mark.parametrize(
    "changes",
    [
        *({"alg": name} for name in ("none", "HS384", "RS256", "ES256", "ES512", "PS384", ABSENT)),
        *({"typ": name} for name in ("at+jwt", "id+jwt", "JWS", 7)),
        *({"kid": name} for name in (ABSENT, "", 7, "two words")),
        *({"jku": name} for name in (f"{KEYS}/", "https://other.example/keys", None, [KEYS])),
        *({name: "x"} for name in ("jwk", "x5u", "x5c", "crit", "b64", "cty", "zip", "enc")),
    ],
)
def test_a_header_that_breaks_a_rule_is_refused(changes):
    with pytest.raises(TokenRefused):
        read_client_header(told(HEADER, changes), KEYS)


def test_a_client_whose_keys_were_given_has_no_place_of_keys_to_name():
    with pytest.raises(TokenRefused):
        read_client_header(HEADER | {"jku": None}, None)


@pytest.mark.parametrize(
    ("scopes", "role", "may"),
    [
        ("system/*.cruds", Role.EDITOR, {Role.VIEWER, Role.EDITOR}),
        ("system/*.rs", Role.VIEWER, {Role.VIEWER}),
        ("system/*.r", Role.VIEWER, set()),
        ("system/*.cud", Role.EDITOR, set()),
        ("system/Patient.cruds system/Observation.cruds", Role.EDITOR, set()),
    ],
)
def test_a_client_may_do_with_all_records_what_its_scopes_say_of_every_kind(scopes, role, may):
    caller = caller_of("clinic", CLIENT, scopes, ())
    assert (caller.principal, caller.role) == (f"client:{CLIENT}", role)
    assert {needed for needed in Role if caller.may(needed)} == may


def test_what_is_missing_is_named():
    caller = caller_of("clinic", CLIENT, "system/Patient.rs", ())
    assert caller.lacks(Role.VIEWER, "Patient", "r") is None
    assert "system/Observation.r;" in caller.lacks(Role.VIEWER, "Observation", "r")
    assert "system/*.rs;" in caller.lacks_on_records(Role.VIEWER)
    assert "role admin" in caller.lacks_on_records(Role.ADMIN)


def test_an_access_token_is_random_and_known_by_its_shape():
    drawn = {new_token_text() for _ in range(100)}
    assert len(drawn) == 100
    assert all(looks_like_access_token(one) for one in drawn)
    for other in ("nsa_", f"nst_{'x' * 43}", f"nsa_{'x' * 42}", f"nsa_{'x' * 44}", "a.b.c"):
        assert not looks_like_access_token(other)
