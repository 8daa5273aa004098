"""Key sets: what is taken from one, and what is left where it is."""

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from app.identity.fetch import IssuerAway
from app.identity.key_set import read_key_set
from tests.services.issuer import entry_of

RSA = RSAKey.generate_key(2048)
CURVE = ECKey.generate_key("P-256")
GOOD = entry_of(RSA, "good")


def taken(*entries):
    """Which keys are taken, from a set that has a good one as well."""
    return set(read_key_set({"keys": [GOOD, *entries]})) - {"good"}


@pytest.mark.parametrize(
    "entry",
    [
        entry_of(RSA, "k"),
        entry_of(CURVE, "k"),
        entry_of(RSA, "k", use=None),
        entry_of(RSA, "k", alg="RS256"),
        entry_of(CURVE, "k", alg="ES256"),
        entry_of(RSA, "k", key_ops=["verify"]),
        entry_of(RSA, "k", x5t="thumb", x5c=["AAAA"], further={"a": 1}),
        RSA.as_dict(private=True) | {"kid": "k"},
    ],
)
def test_a_public_key_for_signatures_is_taken(entry):
    assert taken(entry) == {"k"}


def test_a_private_key_that_leaked_is_taken_without_its_secret():
    entry = RSA.as_dict(private=True) | {"kid": "k"}
    assert not read_key_set({"keys": [entry]})["k"].is_private


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        "k",
        {},
        {"kid": "k"},
        entry_of(RSA, None),
        entry_of(RSA, ""),
        entry_of(RSA, ["k"]),
        entry_of(RSA, "k" * 201),
        entry_of(RSA, "k", use="enc"),
        entry_of(RSA, "k", alg="RS512"),
        entry_of(RSA, "k", alg="ES256"),
        entry_of(RSA, "k", alg="none"),
        entry_of(RSA, "k", key_ops=["sign"]),
        entry_of(RSA, "k", key_ops=7),
        entry_of(RSA, "k", kty="EC"),
        entry_of(RSA, "k", kty="oct"),
        entry_of(RSA, "k", kty=["RSA"]),
        entry_of(RSA, "k", n=None),
        entry_of(RSA, "k", n="not base64!"),
        entry_of(RSA, "k", n=7),
        entry_of(RSA, "k", n=GOOD["n"][: len(GOOD["n"]) // 2]),  # 1024 bits
        entry_of(RSA, "k", n="_" * 6000),
        entry_of(RSA, "k", e="AQ"),  # signatures by an exponent of 1 are their own messages
        entry_of(CURVE, "k", crv="P-384"),
        entry_of(CURVE, "k", crv="P-256K"),
        entry_of(CURVE, "k", x=entry_of(CURVE, "k")["y"]),  # beside the curve
        entry_of(CURVE, "k", y=None),
        entry_of(ECKey.generate_key("P-384"), "k"),
        entry_of(OKPKey.generate_key("Ed25519"), "k"),
        OctKey.generate_key(256).as_dict(private=True) | {"kid": "k", "use": "sig"},
    ],
)
def test_what_is_no_good_key_for_signatures_is_left_out(entry):
    assert taken(entry) == set()


def test_an_id_that_two_keys_have_names_neither():
    assert taken(entry_of(RSA, "k"), entry_of(CURVE, "k")) == set()


def test_a_key_for_another_use_may_have_the_same_id():
    assert taken(entry_of(RSA, "k"), entry_of(RSA, "k", use="enc")) == {"k"}


def test_an_empty_set_is_a_set():
    assert read_key_set({"keys": []}) == {}


@pytest.mark.parametrize("document", [{}, {"keys": None}, {"keys": {"a": GOOD}}, GOOD])
def test_what_is_no_key_set_is_no_answer(document):
    with pytest.raises(IssuerAway):
        read_key_set(document)
