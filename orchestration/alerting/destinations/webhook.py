"""A webhook of the user's own: JSON, signed as standardwebhooks.com says."""

import base64
import binascii
import hmac
from datetime import UTC

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
    """One receiver; it knows a repetition by `webhook-id`, which is `Idempotency-Key`, too."""

    def __init__(
        self,
        url: str,
        secret: str,
        *,
        name: str = "webhook",
        timeout_seconds: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
        now: Clock = utc_now,
    ) -> None:
        """`url` may hold secrets; `timeout_seconds` are of connecting and of waiting.

        Raises:
            ValueError: the URL or the secret cannot be used.
        """
        check_url(url)
        self.name = name
        self._url = url
        self._key = signing_key(secret)
        self._timeout_seconds = timeout_seconds
        self._now = now

    def send(self, message: Message) -> str:
        """Post the message; the receipt is the status, `HTTP 204`.

        Raises:
            RefusedError: a redirect, or a 4xx that will not pass.
            UnavailableError: no answer, a 5xx, or a 4xx that may pass.
        """
        return receipt(self._outcome(message))

    def _outcome(self, message: Message) -> Outcome:
        body = document(message)
        try:
            # The body of the answer is never read: it may be endless, and may quote the URL.
            with requests.post(
                self._url,
                data=body,
                headers=self._headers(message.key, body),
                timeout=self._timeout_seconds,
                allow_redirects=False,
                stream=True,
            ) as answer:
                status, retry_after = answer.status_code, answer.headers.get("Retry-After")
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
    """The body: the same bytes at every attempt."""
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
    """The bytes behind `whsec_…`, which is base64; of any other secret its text.

    Raises:
        ValueError: nothing, or no base64; the text goes behind the name of a setting.
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
