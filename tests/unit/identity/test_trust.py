"""Which issuer the settings trust, and which addresses the service asks."""

import pytest

from app.clinic.token import Trust
from app.errors import ConfigurationFault
from app.identity.fetch import is_acceptable
from app.identity.trust import read_trust
from app.main import create_app
from app.settings import Settings

FAR = "https://login.example/realms/clinic"


@pytest.mark.parametrize(
    ("url", "acceptable"),
    [
        (FAR, True),
        ("https://login.example:8443/keys?p=policy", True),
        ("http://localhost:8080/realms/clinic", True),
        ("http://127.0.0.1/", True),
        ("http://login.example/", False),
        ("http://127.0.0.1.login.example/", False),
        ("http://localhost.login.example/", False),
        ("http://127.0.0.2/", False),
        ("http://[::1]/", False),
        ("https://localhost/", False),
        ("https://user:secret@login.example/", False),
        ("https://login.example/#part", False),
        ("https://login.example:port/", False),
        ("https://", False),
        ("https:login.example", False),
        ("file:///etc/passwd", False),
        ("ftp://login.example/", False),
        ("//login.example/", False),
        ("login.example", False),
        ("", False),
    ],
)
def test_only_https_is_asked_and_http_on_this_machine(url, acceptable):
    assert is_acceptable(url) is acceptable


def test_without_an_issuer_nobody_is_trusted():
    assert read_trust(Settings()) is None


def test_the_settings_say_what_a_token_must_say():
    settings = Settings(
        oidc_issuer=FAR,
        oidc_audience="neurostrata",
        oidc_jwks_url=f"{FAR}/keys",
        oidc_clinic_claim="site",
        oidc_scope_prefix="ns.",
        oidc_max_token_seconds=600,
    )
    assert read_trust(settings) == Trust(
        issuer=FAR,
        audience="neurostrata",
        jwks_url=f"{FAR}/keys",
        clinic_claim="site",
        scope_prefix="ns.",
        longest_seconds=600,
    )


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({"oidc_issuer": FAR}, ["OIDC_AUDIENCE"]),
        ({"oidc_issuer": FAR, "oidc_audience": ""}, ["OIDC_AUDIENCE"]),
        ({"oidc_issuer": "http://login.example", "oidc_audience": "a"}, ["OIDC_ISSUER"]),
        ({"oidc_issuer": f"{FAR}?tenant=1", "oidc_audience": "a"}, ["OIDC_ISSUER"]),
        ({"oidc_issuer": "", "oidc_audience": "a"}, ["OIDC_ISSUER"]),
        ({"oidc_audience": "a"}, ["OIDC_ISSUER"]),
        ({"oidc_jwks_url": f"{FAR}/keys"}, ["OIDC_ISSUER"]),
        (
            {"oidc_issuer": FAR, "oidc_audience": "a", "oidc_jwks_url": "http://login.example"},
            ["OIDC_JWKS_URL"],
        ),
        (
            {"oidc_issuer": "login.example", "oidc_jwks_url": "keys"},
            ["OIDC_AUDIENCE", "OIDC_ISSUER", "OIDC_JWKS_URL"],
        ),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(told, named):
    with pytest.raises(ConfigurationFault) as fault:
        create_app(Settings(**told))
    first_words = sorted(part.split(" ")[0] for part in fault.value.detail.split("; "))
    assert first_words == [f"NEUROSTRATA_{name}" for name in named]
    assert "example" not in fault.value.detail
