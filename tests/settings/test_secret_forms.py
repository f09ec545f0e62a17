"""A secret in the wrong place is refused where a name belongs, and is shown nowhere."""

import logging
import os
import traceback
from pathlib import Path

import pytest

from orchestration.alerting.destinations.secrets import hider
from orchestration.clients.model import load_clients
from orchestration.errors import UsageError
from orchestration.process.logs import OneLine
from orchestration.secret_forms import masked, variable_name
from orchestration.settings import load_settings
from orchestration.settings.env_file import notices

TOKEN = "EAABsbCS1iHgBO7Xq9ZCz0ZBkPlantedTokenZD"
SECRETS = [
    TOKEN,
    "https://hooks.slack.com/services/T0/B0/PlantedWebhookSecret1",
    "https://user:planted-password@example.com/hook",
    "whsec_cGxhbnRlZHdlYmhvb2tzZWNyZXQ",
    "9f86d081884c7d659a2feaa0c55ad015",
    "xoxb-1234567-planted",
    "1234567890|PlantedAppToken",
    "aB3dE5fG7hJ9kL1mN",
]
ENTRY = "client_id: acme, name: Acme, ad_account_id: act_1"
FILES = {
    "token_env": f"clients:\n  - {{{ENTRY}, token_env: '%s'}}\n",
    "slack.url_env": (
        f"clients:\n  - {{{ENTRY}}}\nalerts:\n  - {{route: a, slack: {{url_env: '%s'}}}}\n"
    ),
    "webhook.secret_env": (
        f"clients:\n  - {{{ENTRY}}}\nalerts:\n  - {{route: a, webhook: {{secret_env: '%s'}}}}\n"
    ),
}
MISPLACED = [
    "clients:\n  - {client_id: '%s', name: A, ad_account_id: act_1}\n",
    "clients:\n  - {client_id: a, name: A, ad_account_id: '%s'}\n",
    f"clients:\n  - {{{ENTRY}, '%s': 1}}\n",
    f"clients:\n  - {{{ENTRY}, alerts: '%s'}}\n",
    f"clients:\n  - {{{ENTRY}, levels: ['%s']}}\n",
    "clients:\n  - {client_id: *%s}\n",
]


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("META_API_URL", "META_ACCESS_TOKEN", "META_APP_SECRET", "WAREHOUSE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("META_ADS_HOME", str(tmp_path / "state"))


def said(text: str) -> str:
    """The error of a clients file, with all that a traceback would show of it."""
    path = Path("clients.yml")
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError) as raised:
        load_clients(path)
    return "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("key", FILES)
def test_a_secret_in_the_place_of_its_variable_is_refused_and_not_shown(
    key: str, secret: str
) -> None:
    text = said(FILES[key] % secret)
    assert secret not in text
    assert f"{key}: must be the name of an environment variable" in text.replace(
        "Value error, ", ""
    )
    assert "clients.yml:" in text
    assert "put the secret into that variable" in text


@pytest.mark.parametrize("file", MISPLACED)
def test_a_token_in_another_field_is_not_shown(file: str) -> None:
    assert TOKEN not in said(file % TOKEN)


@pytest.mark.parametrize("name", ["ACME_TOKEN", "meta_token", "A1", "SLACK_URL_2", "T" * 64])
def test_names_of_variables_are_names(name: str) -> None:
    assert variable_name(name) == name


def test_ordinary_texts_stay_as_they_are() -> None:
    for text in (
        "Acme (act_1234567890123456): 2026-11-15, 1,234.56",
        "http://127.0.0.1:8080/a?b=c",
    ):
        assert masked(text) == text


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("http://graph.facebook.com", "https://"),
        ("http://10.0.0.1:8000", "https://"),
        ("http://127.0.0.1.example.com", "https://"),
        ("https://me:planted-password@graph.facebook.com", "an address alone"),
        (f"https://graph.facebook.com/?access_token={TOKEN}", "an address alone"),
        (f"https://graph.facebook.com/{TOKEN}", "an address alone"),
        (TOKEN, "http"),
    ],
)
def test_an_address_that_shows_or_carries_a_token_is_refused(
    monkeypatch: pytest.MonkeyPatch, url: str, remedy: str
) -> None:
    monkeypatch.setenv("META_API_URL", url)
    with pytest.raises(UsageError, match="META_API_URL") as raised:
        load_settings()
    text = "".join(traceback.format_exception(raised.value))
    assert remedy in text
    assert TOKEN not in text
    assert "planted-password" not in text


def env_file(text: str, mode: int = 0o600) -> None:
    Path(".env").write_text(text, "utf-8")
    Path(".env").chmod(mode)


@pytest.mark.parametrize("variable", ["META_ACCESS_TOKEN", "META_APP_SECRET", "OWN_TOKEN"])
def test_a_file_of_the_folder_does_not_send_the_environments_token_elsewhere(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    env_file("META_API_URL=https://elsewhere.example\n")
    monkeypatch.setenv(variable, TOKEN)
    with pytest.raises(
        UsageError, match=rf"{variable}.*environment.*\.env.*nothing was sent"
    ) as no:
        load_settings().token("OWN_TOKEN")
    assert TOKEN not in str(no.value)
    # Whoever sets both in one place means it.
    monkeypatch.setenv("META_API_URL", "https://elsewhere.example")
    assert load_settings().api_url == "https://elsewhere.example"


@pytest.mark.parametrize(
    "url", ["https://graph.facebook.com", "http://127.0.0.1:9", "http://[::1]:9"]
)
def test_a_file_of_the_folder_may_name_meta_or_this_machine(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    env_file(f"META_API_URL={url}\n")
    monkeypatch.setenv("META_ACCESS_TOKEN", TOKEN)
    assert load_settings().api_url == url


def test_a_file_that_names_both_is_obeyed() -> None:
    env_file(f"META_API_URL=https://elsewhere.example\nMETA_ACCESS_TOKEN={TOKEN}\n")
    assert load_settings().access_token is not None


def test_another_address_than_metas_is_told_with_its_source(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert list(notices("https://graph.facebook.com")) == []
    (line,) = notices("http://127.0.0.1:9")
    assert "http://127.0.0.1:9, as META_API_URL of /" in line
    assert "/.env says" in line
    monkeypatch.setenv("META_API_URL", "https://elsewhere.example")
    (line,) = notices("https://elsewhere.example")
    assert "of the environment" in line


def test_a_settings_file_with_secrets_that_others_can_read_is_told() -> None:
    env_file(f"META_ACCESS_TOKEN={TOKEN}\n", 0o644)
    (line,) = notices("https://graph.facebook.com")
    assert f"chmod 600 {Path('.env').absolute()}" in line
    assert TOKEN not in line
    env_file("META_ADS_DUE_HOUR=5\n", 0o644)
    assert list(notices("https://graph.facebook.com")) == []


def test_a_settings_file_that_others_can_write_is_refused() -> None:
    env_file("META_ADS_DUE_HOUR=5\n", 0o666)
    with pytest.raises(UsageError, match="chmod 600"):
        load_settings()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files of other users")
def test_a_settings_file_of_another_user_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    env_file("META_ADS_DUE_HOUR=5\n")
    os.chown(".env", 65534, 65534)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(UsageError, match="belongs to another user"):
        load_settings()


def test_a_traceback_of_a_crash_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("META_ADS_ADMIN_TOKEN", "short-planted-one")
    try:
        raise RuntimeError(f"GET /me?access_token=abcdef1234 {TOKEN} short-planted-one")
    except RuntimeError as error:
        told = (type(error), error, error.__traceback__)
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "Failed", None, told)
    text = OneLine(hide=hider()).format(record)
    assert "RuntimeError: GET /me?access_token=*** *** ***" in text
