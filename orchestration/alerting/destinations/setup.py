"""Builds the destinations that settings and routes name: which are on, why others are off."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from pydantic import SecretStr

from orchestration.alerting.destinations.email import Email, mailbox
from orchestration.alerting.destinations.responses import check_url
from orchestration.alerting.destinations.secrets import environment
from orchestration.alerting.destinations.slack import Slack
from orchestration.alerting.destinations.smtp import SmtpServer
from orchestration.alerting.destinations.webhook import Webhook, signing_key
from orchestration.alerting.messages.message import Destination
from orchestration.clients.routes import EmailChannel, Route, SlackChannel, WebhookChannel
from orchestration.settings import Settings

Build = Callable[[], Slack | Email | Webhook]


@dataclass(frozen=True)
class Setup:
    """Destinations by name: `slack`, `email` and `webhook` first, then those of single routes.

    `hosts` are the servers that messages are handed to, by the name of the destination.
    `off` has the reason for each that cannot be used; it names settings and holds no secret.
    `wrong` are those of them that somebody has set up, and not rightly.
    """

    on: dict[str, Destination] = field(default_factory=dict)
    hosts: dict[str, str] = field(default_factory=dict)
    off: dict[str, str] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)


class NotSetUpError(ValueError):
    """None of the settings of a destination is set: nobody wants it."""


def destinations(settings: Settings, routes: Sequence[Route]) -> Setup:
    """The destinations of these settings and routes; nothing is sent over the network."""
    setup = Setup()
    for name, build in _wanted(settings, routes):
        try:
            destination = build()
            setup.on[name], setup.hosts[name] = destination, destination.host
        except ValueError as error:
            setup.off[name] = str(error)
            if not isinstance(error, NotSetUpError):
                setup.wrong.add(name)
    return setup


def _wanted(settings: Settings, routes: Sequence[Route]) -> Iterator[tuple[str, Build]]:
    yield "slack", partial(_slack, settings, SlackChannel(), "slack")
    yield "email", partial(_email, settings, EmailChannel(), "email")
    yield "webhook", partial(_webhook, settings, WebhookChannel(), "webhook")
    for route in routes:
        for name, channel in route.channels().items():
            if not channel.is_own:
                continue
            match channel:
                case SlackChannel():
                    yield name, partial(_slack, settings, channel, name)
                case EmailChannel():
                    yield name, partial(_email, settings, channel, name)
                case WebhookChannel():
                    yield name, partial(_webhook, settings, channel, name)


def _slack(settings: Settings, channel: SlackChannel, name: str) -> Slack:
    variable = channel.url_env or "META_ADS_SLACK_WEBHOOK_URL"
    (url,) = _all_set({variable: _value(settings.slack_webhook_url, channel.url_env)})
    with _about(variable):
        return Slack(url, name=name)


def _email(settings: Settings, channel: EmailChannel, name: str) -> Email:
    to = channel.to or settings.alert_email_to
    url, _, sender = _all_set(
        {
            "META_ADS_SMTP_URL": _value(settings.smtp_url, None),
            "META_ADS_ALERT_EMAIL_TO": ",".join(to),
            "META_ADS_ALERT_EMAIL_FROM": settings.alert_email_from,
        }
    )
    with _about("META_ADS_SMTP_URL"):
        server = SmtpServer.from_url(url)
    with _about("META_ADS_ALERT_EMAIL_FROM"):
        mailbox(sender)
    with _about("to" if channel.to else "META_ADS_ALERT_EMAIL_TO"):
        return Email(server, sender, to, name=name)


def _webhook(settings: Settings, channel: WebhookChannel, name: str) -> Webhook:
    url_variable = channel.url_env or "META_ADS_WEBHOOK_URL"
    secret_variable = channel.secret_env or "META_ADS_WEBHOOK_SECRET"
    values = {
        url_variable: _value(settings.webhook_url, channel.url_env),
        secret_variable: _value(settings.webhook_secret, channel.secret_env),
    }
    if values[url_variable] and not values[secret_variable]:
        raise ValueError(f"{secret_variable} is not set, and nothing is sent without a signature")
    url, secret = _all_set(values)
    with _about(url_variable):
        check_url(url)
    with _about(secret_variable):
        signing_key(secret)
    return Webhook(url, secret, name=name)


def _value(common: SecretStr | None, own_variable: str | None) -> str | None:
    if own_variable is not None:
        return environment(own_variable)
    return common.get_secret_value() if common else None


def _all_set(values: Mapping[str, str | None]) -> list[str]:
    missing = [variable for variable, value in values.items() if not value]
    if missing:
        *most, last = missing
        listed = f"{', '.join(most)} and {last}" if most else last
        kind = NotSetUpError if len(missing) == len(values) else ValueError
        raise kind(f"{listed} {'are' if most else 'is'} not set")
    return [value for value in values.values() if value]


@contextmanager
def _about(setting: str) -> Iterator[None]:
    """Puts the name of a setting in front of what is wrong with its value."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{setting} {error}") from None
