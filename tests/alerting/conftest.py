"""A world of hand-made states, and real receivers on loopback, for the tests of alerts."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from receivers import HttpReceiver, MailServer

from orchestration.settings import Settings


@dataclass
class Receivers:
    """The three destinations, as real servers."""

    slack: HttpReceiver
    mail: MailServer
    webhook: HttpReceiver

    def settings(self, warehouse: Any, **changes: Any) -> Settings:
        """All three set up; no signs of life, no waiting between attempts."""
        values = {
            "slack_webhook_url": f"{self.slack.url}/services/T0/B0/a-secret-of-slack",
            "smtp_url": self.mail.url(query="?tls=none"),
            "alert_email_to": "data@agency.example",
            "alert_email_from": "alerts@agency.example",
            "webhook_url": f"{self.webhook.url}/hook",
            "webhook_secret": "a-secret-of-the-webhook",
            "alert_heartbeat_hours": 0,
            "alert_pending_minutes": 0,
            "retry_delays": (0.0, 0.0, 0.0),
        }
        return warehouse.settings(**(values | changes))

    def environment(self) -> dict[str, str]:
        """The same for a command."""
        return {
            "META_ADS_SLACK_WEBHOOK_URL": f"{self.slack.url}/services/T0/B0/a-secret-of-slack",
            "META_ADS_SMTP_URL": self.mail.url(query="?tls=none"),
            "META_ADS_ALERT_EMAIL_TO": "data@agency.example",
            "META_ADS_ALERT_EMAIL_FROM": "alerts@agency.example",
            "META_ADS_WEBHOOK_URL": f"{self.webhook.url}/hook",
            "META_ADS_WEBHOOK_SECRET": "a-secret-of-the-webhook",
            "META_ADS_ALERT_HEARTBEAT_HOURS": "0",
            "META_ADS_ALERT_PENDING_MINUTES": "0",
        }

    def titles(self) -> list[str]:
        """What the webhook was told, in order."""
        return [request.document["data"]["title"] for request in self.webhook.requests]

    def subjects(self) -> list[str]:
        """The subjects of the mails, in order."""
        return [str(mail.message["Subject"]).strip() for mail in self.mail.mails]

    def counts(self) -> tuple[int, int, int]:
        """How many messages each destination got: Slack, mail, webhook."""
        return len(self.slack.requests), len(self.mail.mails), len(self.webhook.requests)

    def forget(self) -> None:
        """As if nothing had come."""
        for one in (self.slack.requests, self.mail.mails, self.webhook.requests):
            one.clear()


@pytest.fixture(scope="module")
def servers() -> Iterator[Receivers]:
    """Slack, a mail server and a webhook on loopback."""
    with ExitStack() as stack:
        yield Receivers(
            stack.enter_context(HttpReceiver()),
            stack.enter_context(MailServer()),
            stack.enter_context(HttpReceiver()),
        )


@pytest.fixture
def receivers(servers: Receivers) -> Receivers:
    """The same, having heard nothing, and saying yes to everything."""
    servers.forget()
    servers.slack.answers.clear()
    servers.webhook.answers.clear()
    servers.mail.refuse.clear()
    return servers
