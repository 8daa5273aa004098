"""API keys: random, recognisable, and not to be had from what is kept."""

import re
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from app.clinic.access import Role
from app.clinic.api_key import ApiKey, new_key_text, read_key_text

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def a_key(text, expires_at=None):
    return ApiKey("id", "clinic", text.lookup, text.digest, Role.VIEWER, NOW, expires_at)


def test_a_key_begins_with_nst_and_carries_at_least_43_characters():
    assert re.fullmatch(r"nst_[A-Za-z0-9_-]{43,}", new_key_text().written)


def test_ten_thousand_keys_are_all_different_in_both_parts():
    keys = [new_key_text() for _ in range(10_000)]
    assert len({key.lookup for key in keys}) == len({key.secret for key in keys}) == 10_000


def test_the_secret_is_256_bits_and_half_of_them_are_set():
    secrets = [urlsafe_b64decode(new_key_text().secret + "=") for _ in range(1_000)]
    assert {len(secret) * 8 for secret in secrets} == {256}
    set_bits = int.from_bytes(b"".join(secrets)).bit_count()
    # n = 256,000 coins: half of them, within eight standard deviations of sqrt(n) / 2.
    assert abs(set_bits - 128_000) < 8 * 253


def test_a_key_is_read_back_as_it_was_written():
    key = new_key_text()
    assert read_key_text(key.written) == key


@pytest.mark.parametrize(
    "shape",
    [
        "",
        "nst_{rest:.54}",
        "nst_{rest}A",
        "nst_{rest}\n",
        " nst_{rest}",
        "NST_{rest}",
        "{rest}",
        "nst_{rest:.54}é",
        "nst_{rest:.54}\0",
        "nst_{rest:.54}%",
    ],
)
def test_what_is_not_shaped_like_a_key_is_none(shape):
    rest = new_key_text().written.removeprefix("nst_")
    assert read_key_text(f"nst_{rest}") is not None
    assert read_key_text(shape.format(rest=rest)) is None


def test_what_is_kept_is_the_sha256_of_the_secret():
    key = new_key_text()
    assert key.digest == sha256(key.secret.encode()).hexdigest()
    assert key.secret not in repr(a_key(key))
    assert key.secret not in repr(key)


def test_only_its_own_secret_opens_a_key():
    key, other = new_key_text(), new_key_text()
    assert key.opens(key.digest)
    assert not other.opens(key.digest)


def test_a_key_works_until_the_moment_it_expires():
    key = a_key(new_key_text(), expires_at=NOW)
    assert not key.is_expired(NOW - timedelta(microseconds=1))
    assert key.is_expired(NOW)


def test_a_key_without_an_end_never_expires():
    assert not a_key(new_key_text()).is_expired(datetime.max.replace(tzinfo=UTC))
