"""Settings come from the environment, once; a wrong one is named, and its value is not repeated."""

import pytest

from app.errors import ConfigurationFault
from app.settings import Settings, read_settings

CANARY = "c4n4ry"
WRONG = [
    ("port", CANARY),
    ("port", "-1"),
    ("port", "65536"),
    ("log_level", CANARY),
    ("header_seconds", "0"),
    ("body_idle_seconds", CANARY),
    ("shutdown_seconds", "0.5"),
    ("max_body_bytes", "1"),
    ("max_line_bytes", "255"),
    ("max_spool_bytes", "0"),
    ("max_batch_items", "0"),
    ("failed_logins_per_minute", "-1"),
    ("database_url", CANARY),
    ("database_url", f"mysql://{CANARY}@localhost/a"),
    ("database_url", f"postgresql://u:{CANARY}@localhost:{CANARY}/a"),
    ("database_url", f"postgresql://[{CANARY}"),
    ("database_url", ""),
]


@pytest.fixture
def env(monkeypatch):
    def set_all(**values):
        for name, value in values.items():
            monkeypatch.setenv(f"NEUROSTRATA_{name.upper()}", value)

    return set_all


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_setting_is_named_without_its_value(env, name, value):
    env(**{name: value})
    with pytest.raises(ConfigurationFault, match=f"NEUROSTRATA_{name.upper()}") as fault:
        read_settings()
    assert CANARY not in fault.value.detail


def test_all_wrong_settings_are_named_at_once(env):
    env(port="x", max_batch_items="x", header_seconds="x")
    with pytest.raises(ConfigurationFault) as fault:
        read_settings()
    assert fault.value.detail.count("NEUROSTRATA_") == 3


def test_what_is_not_set_has_its_default(env):
    env(unknown="1", port="9000")
    settings = read_settings()
    assert settings == Settings(port=9000)
    assert settings.sqlalchemy_url == "sqlite+aiosqlite:///data/neurostrata.sqlite3"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_postgresql_is_reached_through_the_driver_of_this_service(env, scheme):
    env(database_url=f"{scheme}://u:p%5B@[::1]:5432/a?sslmode=require")
    expected = "postgresql+psycopg://u:p%5B@[::1]:5432/a?sslmode=require"
    assert read_settings().sqlalchemy_url == expected


def test_settings_never_change_and_hide_the_password():
    settings = Settings(database_url=f"postgresql://u:{CANARY}@h/a")
    assert CANARY not in repr(settings)
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1
