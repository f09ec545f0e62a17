"""The three destinations of alerts as real servers on loopback, and settings that lead to them."""

from dataclasses import dataclass
from typing import Any

from databases import Warehouse
from mail_servers import MailServer
from receivers import HttpReceiver

from orchestration.settings import Settings


@dataclass
class Receivers:
    """The three destinations, as real servers."""

    slack: HttpReceiver
    mail: MailServer
    webhook: HttpReceiver

    def settings(self, warehouse: Warehouse, **changes: Any) -> Settings:
        """Settings with all three; no heartbeats, no waiting between attempts."""
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
        """The same settings as the environment of a command."""
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
        """The titles of the messages that the webhook got, in order."""
        return [request.document["data"]["title"] for request in self.webhook.requests]

    def subjects(self) -> list[str]:
        """The subjects of the mails, in order."""
        return [str(mail.message["Subject"]).strip() for mail in self.mail.mails]

    def counts(self) -> tuple[int, int, int]:
        """How many messages each destination got: Slack, mail, webhook."""
        return len(self.slack.requests), len(self.mail.mails), len(self.webhook.requests)

    def forget(self) -> None:
        """As if nothing had come."""
        for received in (self.slack.requests, self.mail.mails, self.webhook.requests):
            received.clear()
