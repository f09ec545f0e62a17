"""The webhook: posts a message as JSON, signed as standardwebhooks.com says."""

import base64
import binascii
import hmac
from datetime import UTC
from urllib.parse import urlsplit

import orjson
import requests
from urllib3.exceptions import HTTPError

from orchestration.alerting.destinations.responses import (
    Clock,
    Outcome,
    check_url,
    failure,
    receipt,
    silence,
    utc_now,
)
from orchestration.alerting.messages.message import Message, RefusedError

CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0
PREFIX = "whsec_"
UNUSABLE = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
)


class Webhook:
    """One receiver of webhooks.

    It can tell a repeated message by the header `webhook-id`, which is also `Idempotency-Key`.
    """

    def __init__(
        self,
        url: str,
        secret: str,
        *,
        name: str = "webhook",
        timeout_seconds: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
        now: Clock = utc_now,
    ) -> None:
        """`url` may hold secrets; `timeout_seconds` are for connecting and for the answer.

        Raises:
            ValueError: the URL or the secret cannot be used.
        """
        check_url(url)
        self.name, self.host = name, urlsplit(url).hostname or ""
        self._url = url
        self._key = signing_key(secret)
        self._timeout_seconds = timeout_seconds
        self._now = now

    def send(self, message: Message) -> str:
        """Post the message; the receipt is the status, `HTTP 204`.

        Raises:
            RefusedError: a redirect, or a permanent 4xx.
            UnavailableError: no answer, a 5xx, or a temporary 4xx.
        """
        return receipt(self._outcome(message))

    def _outcome(self, message: Message) -> Outcome:
        body = document(message)
        try:
            # The body is not read: it may be endless, and may quote the URL.
            with requests.post(
                self._url,
                data=body,
                headers=self._headers(message.key, body),
                timeout=self._timeout_seconds,
                allow_redirects=False,
                stream=True,
            ) as response:
                status, retry_after = response.status_code, response.headers.get("Retry-After")
        except UNUSABLE:
            return RefusedError("the URL cannot be used")
        except (requests.RequestException, HTTPError) as error:
            return silence(error)
        if status < 300:
            return f"HTTP {status}"
        return failure(status, retry_after, self._now())

    def _headers(self, key: str, body: bytes) -> dict[str, str]:
        timestamp = str(int(self._now().timestamp()))
        signed = hmac.digest(self._key, f"{key}.{timestamp}.".encode() + body, "sha256")
        return {
            "Content-Type": "application/json",
            "User-Agent": "meta-ads-warehouse",
            "Idempotency-Key": key,
            "webhook-id": key,
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
        }


def document(message: Message) -> bytes:
    """The body of the request; it has the same bytes at every attempt."""
    content = message.content
    return orjson.dumps(
        {
            "id": message.key,
            "type": f"alert.{content.kind}",
            "timestamp": message.created_at.astimezone(UTC),
            "data": content.document(),
        },
        option=orjson.OPT_UTC_Z,
    )


def signing_key(secret: str) -> bytes:
    """The key of a secret: the bytes after `whsec_`, which are in base64, else its text.

    Raises:
        ValueError: the key is empty or no base64; the text belongs after the name of a setting.
    """
    if not secret.startswith(PREFIX):
        key = secret.encode()
    else:
        encoded = secret.removeprefix(PREFIX).rstrip("=")
        try:
            key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        except (binascii.Error, ValueError):
            key = b""
    if not key:
        raise ValueError(f"is not usable: base64 must follow {PREFIX}")
    return key
