"""API keys: random, recognisable, and not to be had from what is kept."""

import re
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from app.clinic.access import Role
from app.clinic.api_key import ApiKey, KeyState, new_key_text, read_key_text

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def a_key(text=None, expires_at=None, **lived):
    text = text or new_key_text()
    return ApiKey("id", "clinic", text.lookup, text.digest, Role.VIEWER, NOW, expires_at, **lived)


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


@pytest.mark.parametrize(
    ("lived", "state", "is_open"),
    [
        ({}, KeyState.GOOD, True),
        ({"expires_at": NOW + timedelta(seconds=1)}, KeyState.GOOD, True),
        ({"expires_at": NOW}, KeyState.EXPIRED, False),
        ({"rotated_to": "other"}, KeyState.ROTATED, True),
        ({"rotated_to": "other", "expires_at": NOW}, KeyState.EXPIRED, False),
        ({"revoked_at": NOW}, KeyState.REVOKED, False),
        ({"revoked_at": NOW, "rotated_to": "other", "expires_at": NOW}, KeyState.REVOKED, False),
    ],
)
def test_a_key_is_open_while_it_is_good_or_in_its_grace(lived, state, is_open):
    key = a_key(**lived)
    assert (key.state(NOW), key.is_open(NOW)) == (state, is_open)


def test_a_key_that_is_rotated_works_for_the_grace_and_names_its_successor():
    text = new_key_text()
    old, new = a_key().rotated(text, None, timedelta(hours=24), NOW)
    assert (old.expires_at, old.rotated_to) == (NOW + timedelta(hours=24), new.id)
    assert (new.clinic_id, new.role, new.created_at) == ("clinic", Role.VIEWER, NOW)
    assert (new.lookup, new.digest) == (text.lookup, text.digest)
    assert new.state(NOW) is KeyState.GOOD


def test_a_grace_does_not_lengthen_the_life_of_a_key():
    soon = NOW + timedelta(hours=1)
    old, _ = a_key(expires_at=soon).rotated(new_key_text(), None, timedelta(hours=24), NOW)
    assert old.expires_at == soon


def test_without_grace_a_rotated_key_is_closed_at_once():
    old, _ = a_key().rotated(new_key_text(), None, timedelta(0), NOW)
    assert not old.is_open(NOW)


def test_the_new_key_may_live_as_many_days_as_the_old_one_was_made_for():
    key = a_key(expires_at=NOW + timedelta(days=90))
    later = NOW + timedelta(days=80, hours=7)
    assert key.expires_after_rotation(later) == NOW + timedelta(days=80 + 90)
    assert a_key().expires_after_rotation(later) is None


def test_no_key_lives_longer_than_the_calendar():
    last = datetime(9999, 12, 31, tzinfo=UTC)
    assert a_key(expires_at=last).expires_after_rotation(NOW) == last


def test_a_use_is_on_record_for_as_long_as_it_is_asked_for():
    minute = timedelta(seconds=60)
    assert not a_key().was_used_within(minute, NOW)
    assert a_key(last_used_at=NOW - timedelta(seconds=59)).was_used_within(minute, NOW)
    assert not a_key(last_used_at=NOW - minute).was_used_within(minute, NOW)
