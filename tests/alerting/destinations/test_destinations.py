"""Which destinations are on, why the others are off, and how secrets are hidden."""

from pathlib import Path
from typing import Any

import pytest
from factories import settings_of
from messages import message
from pydantic import AliasChoices

from orchestration.alerting.destinations.email import Email
from orchestration.alerting.destinations.secrets import redact, secrets
from orchestration.alerting.destinations.setup import destinations
from orchestration.clients.routes import Route
from orchestration.settings import Settings

SLACK = "https://hooks.slack.com/services/T0001/B0002/sEcReTtOkEn0123456789"
SMTP = "smtps://robot:pass%2Fword@mail.example"
WEBHOOK = "https://receiver.example/hooks/alerts"
ALL = {
    "slack_webhook_url": SLACK,
    "smtp_url": SMTP,
    "alert_email_to": "anna@agency.example, Bob <bob@agency.example>",
    "alert_email_from": "alerts@agency.example",
    "webhook_url": WEBHOOK,
    "webhook_secret": "a-secret-of-the-webhook",
}


@pytest.fixture(autouse=True)
def no_settings_of_the_developer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for field in Settings.model_fields.values():
        assert isinstance(field.validation_alias, AliasChoices)
        monkeypatch.delenv(str(field.validation_alias.choices[0]), raising=False)


def without(*names: str, **changes: Any) -> Settings:
    return settings_of(**{name: v for name, v in (ALL | changes).items() if name not in names})


def route(name: str, **channels: Any) -> Route:
    return Route.model_validate({"route": name, **channels})


def test_what_is_set_is_on_and_answers_to_its_name() -> None:
    setup = destinations(without(), [])
    assert list(setup.on) == ["slack", "email", "webhook"]
    assert [found.name for found in setup.on.values()] == list(setup.on)
    assert setup.off == {}


def test_without_settings_everything_is_off_and_says_what_it_needs() -> None:
    setup = destinations(settings_of(), [])
    assert setup.on == {}
    assert setup.off == {
        "slack": "META_ADS_SLACK_WEBHOOK_URL is not set",
        "email": "META_ADS_SMTP_URL, META_ADS_ALERT_EMAIL_TO and META_ADS_ALERT_EMAIL_FROM "
        "are not set",
        "webhook": "META_ADS_WEBHOOK_URL and META_ADS_WEBHOOK_SECRET are not set",
    }


@pytest.mark.parametrize(
    ("missing", "name", "reason"),
    [
        ("alert_email_to", "email", "META_ADS_ALERT_EMAIL_TO is not set"),
        ("alert_email_from", "email", "META_ADS_ALERT_EMAIL_FROM is not set"),
        ("smtp_url", "email", "META_ADS_SMTP_URL is not set"),
        ("webhook_url", "webhook", "META_ADS_WEBHOOK_URL is not set"),
        (
            "webhook_secret",
            "webhook",
            "META_ADS_WEBHOOK_SECRET is not set, and nothing is sent without a signature",
        ),
    ],
)
def test_what_is_half_set_names_the_other_half(missing: str, name: str, reason: str) -> None:
    setup = destinations(without(missing), [])
    assert setup.off == {name: reason}


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"slack_webhook_url": "hidden"}, "slack", "META_ADS_SLACK_WEBHOOK_URL is no http"),
        ({"webhook_url": "ftp://hidden"}, "webhook", "META_ADS_WEBHOOK_URL is no http"),
        ({"webhook_secret": "whsec_hidden!"}, "webhook", "META_ADS_WEBHOOK_SECRET is not usable"),
        ({"smtp_url": "smtp://a:hid#den@x"}, "email", "META_ADS_SMTP_URL is no URL"),
        ({"alert_email_to": "anna"}, "email", "META_ADS_ALERT_EMAIL_TO has no usable address"),
        ({"alert_email_from": "@x"}, "email", "META_ADS_ALERT_EMAIL_FROM has no usable address"),
    ],
)
def test_what_cannot_be_used_is_off_with_its_setting_and_without_its_value(
    changes: dict[str, str], name: str, words: str
) -> None:
    setup = destinations(without(**changes), [])
    assert list(setup.off) == [name]
    assert setup.off[name].startswith(words)
    assert "hid" not in setup.off[name]


def test_routes_have_destinations_of_their_own_behind_the_common_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RETAIL_SLACK", f"{SLACK}x")
    (tmp_path / ".env").write_text("RETAIL_HOOK=https://retail.example/hook\nRETAIL_SLACK=wrong\n")
    routes = [
        route("retail", slack={"url_env": "RETAIL_SLACK"}, email={"from": "high"}),
        route("food", email={"to": ["eva@agency.example"]}, webhook={"url_env": "RETAIL_HOOK"}),
        route("gone", slack={"url_env": "NO_SUCH"}, webhook={"secret_env": "NO_SUCH"}),
    ]
    setup = destinations(without(), routes)
    own = ["slack:retail", "email:food", "webhook:food"]
    assert list(setup.on) == ["slack", "email", "webhook", *own]
    assert setup.off == {
        "slack:gone": "NO_SUCH is not set",
        "webhook:gone": "NO_SUCH is not set, and nothing is sent without a signature",
    }


def test_a_routes_own_destination_needs_no_common_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETAIL_SLACK", SLACK)
    mail = {"to": ["eva@agency.example"]}
    routes = [route("retail", slack={"url_env": "RETAIL_SLACK"}, email=mail)]
    setup = destinations(without("slack_webhook_url", "alert_email_to"), routes)
    assert list(setup.on) == ["webhook", "slack:retail", "email:retail"]
    assert list(setup.off) == ["slack", "email"]


def test_a_routes_own_recipients_get_its_mail() -> None:
    to = ["eva@agency.example"]
    setup = destinations(without(), [route("food", email={"to": to})])
    food = setup.on["email:food"]
    assert isinstance(food, Email)
    assert food.mail(message())["To"] == to[0]


def test_every_secret_of_the_settings_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWN_TOKEN", "a-token-of-one-client")
    monkeypatch.setenv("OWN_URL", "https://h.example/x?sig=0123456789abcdef-own")
    settings = without(
        access_token="EAAtoken",
        app_secret="app-secret",
        admin_token="an-admin-token",
        cookie_secret="a-cookie-secret",
        kpi_tokens="first-kpi-token=acme,borealis; second-kpi-token=*",
        warehouse_url="postgresql://user:p%40ssword@db.example/ads",
        smtp_url="smtp://robot:s%2Fmtp-word@mail.example",
        webhook_secret="whsec_c2VjcmV0IG9mIGEgd2ViaG9vaw==",
    )
    text = (
        "EAAtoken app-secret an-admin-token a-cookie-secret first-kpi-token second-kpi-token "
        "p@ssword p%40ssword s/mtp-word s%2Fmtp-word whsec_c2VjcmV0IG9mIGEgd2ViaG9vaw== "
        f"{SLACK} sEcReTtOkEn0123456789 {WEBHOOK} a-token-of-one-client 0123456789abcdef-own"
    )
    hidden = redact(text, secrets(settings, ["OWN_TOKEN", "OWN_URL", "NO_SUCH"]))
    assert set(hidden.split()) == {"***"}


def test_no_secret_setting_is_forgotten() -> None:
    """A new setting of the type `SecretStr` needs a line in `destinations/secrets.py`."""
    secret_settings = [
        name
        for name, field in Settings.model_fields.items()
        if "SecretStr" in str(field.annotation)
    ]
    assert len(secret_settings) > 8
    for name in secret_settings:
        value = f"https://robot:planted-{name}@h.example/x"
        hidden = redact(value, secrets(settings_of(**{name: value})))
        assert "planted" not in hidden, f"alerting/destinations/secrets.py does not know {name}"


def test_innocent_texts_stay_as_they_are() -> None:
    settings = without(slack_webhook_url="https://receiver.example", warehouse_url="no url")
    text = "acme of mail.example: https://receiver.example/admin/clients/acme, /hooks and alerts"
    assert redact(text, secrets(settings)) == text
    assert redact(text, ["acme"]) == text
    assert secrets(settings_of()) == []


def test_a_secret_within_a_longer_one_leaves_nothing_of_it() -> None:
    assert redact("abcdef-ghijkl", ["abcdef", "abcdef-ghijkl"]) == "***"


@pytest.mark.parametrize("url", ["https://[::1", "postgresql://a:b@h:port/x", "::", "%"])
def test_a_url_that_is_none_is_no_fault_here(url: str) -> None:
    settings = without(slack_webhook_url=url, webhook_url=url, smtp_url=url, warehouse_url=url)
    assert isinstance(secrets(settings), list)
