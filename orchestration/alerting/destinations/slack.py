"""Slack: sends a message to an incoming webhook.

The URL of the webhook is a secret, and Slack's library logs it. So the library gets a logger that
drops everything.
"""

import logging
import re
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit
from urllib.request import HTTPErrorProcessor, HTTPSHandler, ProxyHandler, Request, build_opener

from slack_sdk.webhook import WebhookClient, WebhookResponse

from orchestration.alerting.destinations.responses import (
    Clock,
    Outcome,
    check_url,
    failure,
    receipt,
    silence,
    utc_now,
)
from orchestration.alerting.destinations.slack_blocks import blocks, fallback
from orchestration.alerting.messages.message import Content, Message, RefusedError

TIMEOUT_SECONDS = 10.0
ANSWER_BYTES = 4096
SLACK_WORD = re.compile(r"[a-z]+(_[a-z]+)*")
SILENT = logging.Logger("alerts to Slack", logging.CRITICAL + 1)


class Slack:
    """An incoming webhook of Slack, or of a program that has the same interface."""

    def __init__(
        self,
        url: str,
        *,
        name: str = "slack",
        timeout_seconds: float = TIMEOUT_SECONDS,
        now: Clock = utc_now,
    ) -> None:
        """`url` is secret.

        Raises:
            ValueError: it is no usable URL.
        """
        check_url(url)
        self.name, self.host = name, urlsplit(url).hostname or ""
        self._url = url
        self._client = _Client(url, timeout_seconds)
        self._now = now

    def send(self, message: Message) -> str:
        """Send the message; the receipt is Slack's answer, `HTTP 200 ok`.

        Raises:
            RefusedError: Slack refuses the webhook, its channel or the message.
            UnavailableError: Slack is slow, does not answer, or asks for a pause.
        """
        return receipt(self._outcome(message.content))

    def _outcome(self, content: Content) -> Outcome:
        try:
            response = self._client.send(text=fallback(content), blocks=blocks(content))
        except (OSError, HTTPException) as error:
            return silence(error)
        word = self._word(response.body)
        if response.status_code >= 300:
            return failure(
                response.status_code, response.headers.get("retry-after"), self._now(), word
            )
        if response.body.lstrip().startswith("<"):
            return RefusedError("the answer is a web page, so the URL is no incoming webhook")
        return f"HTTP {response.status_code} {word}".rstrip()

    def _word(self, body: str) -> str:
        """The word that Slack answers with, `ok` or `no_service`; empty for any other text.

        Other texts, such as the page of a proxy, may quote the URL and are not repeated.
        """
        word = body.strip()
        is_from_slack = len(word) <= 60 and SLACK_WORD.fullmatch(word) and word not in self._url
        return word if is_from_slack else ""


class _Client(WebhookClient):
    """Slack's own client, which by itself follows redirects and reads answers of any length.

    It would take the page behind a redirect for Slack's answer: a lost alert would count as sent.
    """

    def __init__(self, url: str, seconds: float) -> None:
        super().__init__(url, logger=SILENT, retry_handlers=[])
        self._seconds = seconds

    def _perform_http_request_internal(self, url: str, req: Request) -> WebhookResponse:
        proxies = {"http": self.proxy, "https": self.proxy} if self.proxy else {}
        opener = build_opener(_AnyStatus, ProxyHandler(proxies), HTTPSHandler(context=self.ssl))
        with opener.open(req, timeout=self._seconds) as response:
            return WebhookResponse(
                url=url,
                status_code=response.status,
                body=response.read(ANSWER_BYTES).decode("utf-8", "replace"),
                headers={name.lower(): value for name, value in response.headers.items()},
            )


class _AnyStatus(HTTPErrorProcessor):
    """Returns every response as it is: no redirect is followed, no status raises an error."""

    def http_response(self, request: Request, response: Any) -> Any:  # noqa: ARG002
        return response

    https_response = http_response
