"""Reading a JSON Web Key Set (RFC 7517): only public keys that a token may be signed with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.util import urlsafe_b64decode

from app.clinic.token import ALGORITHMS
from app.identity.fetch import IssuerAway

PublicKey: TypeAlias = RSAKey | ECKey

CURVES: Final = {"ES256": "P-256", "ES384": "P-384"}
RSA_BITS: Final = range(2048, 8193)
LONGEST_ID: Final = 200


def read_key_set(
    document: Mapping[str, Any], algorithms: Mapping[str, str] = ALGORITHMS
) -> dict[str, PublicKey]:
    """Give the keys by id. What is no key for signatures is left out; so are two of the same id.

    `algorithms` are those that are taken, each with its kind of key. Raises IssuerAway if
    this is no key set at all.
    """
    listed = document.get("keys")
    if not isinstance(listed, list):
        raise IssuerAway("no key set")
    fitting = {kind: algorithm for algorithm, kind in algorithms.items()}
    entries = [entry for entry in listed if isinstance(entry, dict)]
    meant = [entry for entry in entries if _is_for_signatures(entry, fitting)]
    times = Counter(entry["kid"] for entry in meant)
    alone = [entry for entry in meant if times[entry["kid"]] == 1]
    keys = {entry["kid"]: _import(entry, fitting[entry["kty"]]) for entry in alone}
    return {key_id: key for key_id, key in keys.items() if key is not None}


def _is_for_signatures(entry: Mapping[str, Any], fitting: Mapping[str, str]) -> bool:
    key_id, kind, deeds = entry.get("kid"), entry.get("kty"), entry.get("key_ops", ["verify"])
    return (
        isinstance(key_id, str)
        and 1 <= len(key_id) <= LONGEST_ID
        and isinstance(kind, str)
        and kind in fitting
        and entry.get("use", "sig") == "sig"
        and entry.get("alg", fitting[kind]) == fitting[kind]
        and isinstance(deeds, list)
        and "verify" in deeds
    )


def _import(entry: Mapping[str, Any], algorithm: str) -> PublicKey | None:
    """The public part of a key, whatever else is in the entry; None if it is broken or weak."""
    try:
        return _rsa(entry) if entry["kty"] == "RSA" else _elliptic(entry, CURVES[algorithm])
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _rsa(entry: Mapping[str, Any]) -> RSAKey | None:
    bits = int.from_bytes(urlsafe_b64decode(entry["n"].encode())).bit_length()
    if bits not in RSA_BITS:
        return None
    return RSAKey.import_key({"kty": "RSA", "n": entry["n"], "e": entry["e"]})


def _elliptic(entry: Mapping[str, Any], curve: str) -> ECKey | None:
    if entry["crv"] != curve:
        return None
    key = ECKey.import_key({"kty": "EC", "crv": curve, "x": entry["x"], "y": entry["y"]})
    _ = key.raw_value  # read now, so that a point beside the curve is found here
    return key
