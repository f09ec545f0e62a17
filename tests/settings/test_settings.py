"""Settings: every variable is documented, and no error shows a value."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pydantic import AliasChoices

from orchestration.errors import UsageError
from orchestration.settings import Settings, load_settings

EXAMPLE = Path(__file__).parents[2] / ".env.example"
SECRET = "s3cr3t-value"


@pytest.fixture(autouse=True)
def no_settings_of_the_developer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in variables():
        monkeypatch.delenv(name, raising=False)


def variables() -> list[str]:
    names = []
    for field in Settings.model_fields.values():
        assert isinstance(field.validation_alias, AliasChoices)
        names += [str(choice) for choice in field.validation_alias.choices]
    return names


def test_the_example_lists_every_variable_once_and_no_other() -> None:
    listed = re.findall(r"^#?([A-Z][A-Z_]+)=", EXAMPLE.read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(variables())


def test_the_examples_values_are_the_defaults() -> None:
    written = re.findall(r"^#([A-Z_]+)=(.+)$", EXAMPLE.read_text("utf-8"), re.MULTILINE)
    defaults = Settings(_env_file=None)
    parsed = Settings.model_validate(
        {n: v for n, v in written if n not in ("META_ADS_HOME", "META_ADS_CLIENTS")}
    )
    assert len(written) >= 8
    assert parsed == defaults


@pytest.mark.parametrize(
    "name",
    [
        "META_API_URL",
        "META_API_VERSION",
        "META_ADS_NOW",
        "META_ADS_LOOKBACK_DAYS",
        "META_ADS_DUE_HOUR",
        "META_ADS_RETRY_DELAYS",
        "META_ADS_CONCURRENCY",
    ],
)
def test_an_unusable_value_is_refused_with_the_variable_and_without_the_value(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, SECRET)
    monkeypatch.setenv("META_ACCESS_TOKEN", "EAAtoken")
    with pytest.raises(UsageError) as raised:
        load_settings()
    assert name in str(raised.value)
    assert SECRET not in str(raised.value)
    assert "EAAtoken" not in str(raised.value)


def test_secrets_do_not_show_in_a_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("META_ACCESS_TOKEN", "META_APP_SECRET", "WAREHOUSE_URL"):
        monkeypatch.setenv(name, SECRET)
    settings = load_settings()
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump()}"


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in variables():
        monkeypatch.setenv(name, "")
    assert load_settings() == Settings(_env_file=None)


@pytest.mark.parametrize(
    ("zone", "now", "due"),
    [
        ("UTC", "2026-11-15T03:59:59+00:00", date(2026, 11, 13)),
        ("UTC", "2026-11-15T04:00:00+00:00", date(2026, 11, 14)),
        ("America/Los_Angeles", "2026-11-15T12:00:00+00:00", date(2026, 11, 14)),
        ("America/Los_Angeles", "2026-11-15T11:59:00+00:00", date(2026, 11, 13)),
        ("Pacific/Auckland", "2026-11-15T12:00:00+00:00", date(2026, 11, 14)),
        ("Pacific/Auckland", "2026-11-15T15:00:00+00:00", date(2026, 11, 15)),
        ("Europe/Berlin", "2026-10-25T02:59:00+00:00", date(2026, 10, 23)),
        ("Europe/Berlin", "2026-10-25T03:00:00+00:00", date(2026, 10, 24)),
    ],
)
def test_a_day_is_due_at_the_due_hour_of_the_accounts_next_day(
    zone: str, now: str, due: date
) -> None:
    settings = Settings(_env_file=None, META_ADS_NOW=now)
    assert settings.latest_due_day(zone) == due


def test_business_time_without_an_offset_is_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("META_ADS_NOW", "2026-11-15T12:00:00")
    assert load_settings().now() == datetime(2026, 11, 15, 12, tzinfo=UTC)


def test_a_client_may_name_a_token_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("META_ACCESS_TOKEN", "common")
    monkeypatch.setenv("OWN_TOKEN", "own")
    settings = load_settings()
    found = [settings.token(name) for name in (None, "OWN_TOKEN", "UNSET_TOKEN")]
    assert [token and token.get_secret_value() for token in found] == ["common", "own", None]
