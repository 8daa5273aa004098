"""Certificates that a test makes for itself: one authority, and a server's under it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Files:
    """What a server is given (certificate, key), and what its clients trust (authority)."""

    certificate: Path
    key: Path
    authority: Path


def make_certificate(folder, password=None):
    """Write a certificate for localhost and 127.0.0.1, and the authority that signed it."""
    folder.mkdir(parents=True, exist_ok=True)
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _sign(_name("authority"), authority_key, _name("authority"), authority_key, None)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    certificate = _sign(_name("server"), key, _name("authority"), authority_key, names)
    files = Files(folder / "server.pem", folder / "server.key", folder / "authority.pem")
    files.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
    files.authority.write_bytes(authority.public_bytes(Encoding.PEM))
    lock = BestAvailableEncryption(password) if password else NoEncryption()
    files.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    return files


def _name(written):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"neurostrata test {written}")])


def _sign(subject, key, issuer, issuer_key, names):
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=names is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    if names is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer_key, SHA256())
