"""Slack: hands a message to an incoming webhook.

The URL of the webhook is a secret, and Slack's library logs it: it gets a logger of its own, which
drops everything.
"""

import logging
import re
from http.client import HTTPException
from typing import Any
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
SLACKS_WORD = re.compile(r"[a-z]+(_[a-z]+)*")
SILENT = logging.Logger("alerts to Slack", logging.CRITICAL + 1)


class Slack:
    """An incoming webhook of Slack's, or of what speaks like it."""

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
            ValueError: it is no URL.
        """
        check_url(url)
        self.name = name
        self._url = url
        self._client = _Client(url, timeout_seconds)
        self._now = now

    def send(self, message: Message) -> str:
        """Hand the message over; the receipt is Slack's answer, `HTTP 200 ok`.

        Raises:
            RefusedError: the webhook, its channel or the message is refused.
            UnavailableError: Slack is slow, away, or wants to be left alone.
        """
        return receipt(self._outcome(message.content))

    def _outcome(self, content: Content) -> Outcome:
        try:
            answer = self._client.send(text=fallback(content), blocks=blocks(content))
        except (OSError, HTTPException) as error:
            return silence(error)
        word = self._word(answer.body)
        if answer.status_code >= 300:
            return failure(answer.status_code, answer.headers.get("retry-after"), self._now(), word)
        if answer.body.lstrip().startswith("<"):
            return RefusedError("a web page answers, so the URL is no incoming webhook")
        return f"HTTP {answer.status_code} {word}".rstrip()

    def _word(self, body: str) -> str:
        """Slack answers with one word, `ok` or `no_service`; other texts, such as the page of a
        proxy, may quote the URL and are not repeated."""
        word = body.strip()
        is_slacks = len(word) <= 60 and SLACKS_WORD.fullmatch(word) and word not in self._url
        return word if is_slacks else ""


class _Client(WebhookClient):
    """The official client. By itself it follows a redirect and takes the page there for Slack's
    answer, so that a lost alert would count as sent; and it reads answers of any length."""

    def __init__(self, url: str, seconds: float) -> None:
        super().__init__(url, logger=SILENT, retry_handlers=[])
        self._seconds = seconds

    def _perform_http_request_internal(self, url: str, req: Request) -> WebhookResponse:
        proxies = {"http": self.proxy, "https": self.proxy} if self.proxy else {}
        opener = build_opener(_AnyStatus, ProxyHandler(proxies), HTTPSHandler(context=self.ssl))
        with opener.open(req, timeout=self._seconds) as answer:
            return WebhookResponse(
                url=url,
                status_code=answer.status,
                body=answer.read(ANSWER_BYTES).decode("utf-8", "replace"),
                headers={name.lower(): value for name, value in answer.headers.items()},
            )


class _AnyStatus(HTTPErrorProcessor):
    """Every answer is returned as it is: no redirect is followed, no status raises."""

    def http_response(self, request: Request, response: Any) -> Any:  # noqa: ARG002
        return response

    https_response = http_response
