"""A webhook of the user's own: what is posted, its signature, and what each answer means."""

import base64
import traceback
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any

import pytest
from messages import HOSTILE, KEY, NOW, message, overlong
from receivers import Answer, HttpReceiver, closed_port
from standardwebhooks import webhooks
from standardwebhooks.webhooks import Webhook as Standard
from standardwebhooks.webhooks import WebhookVerificationError

from orchestration.alerting.destinations.webhook import Webhook, signing_key
from orchestration.alerting.messages.message import Content, Item, RefusedError, UnavailableError

BYTES = b"0123456789-0123456789-0123456789"
SECRET = "whsec_" + base64.b64encode(BYTES).decode()
PATH = "/hooks/sEcReTtOkEn0123456789?key=aNoThEr"


class Clock(datetime):
    """The clock of the receiver's library, at the tests' time."""

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return NOW


@pytest.fixture(autouse=True)
def time_of_the_receiver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "datetime", Clock)


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver(Answer(204, body=b"")) as found:
        yield found


def webhook(receiver: HttpReceiver, secret: str = SECRET, **more: Any) -> Webhook:
    return Webhook(receiver.url + PATH, secret, now=lambda: NOW, **more)


def refused(receiver: HttpReceiver, **more: Any) -> BaseException:
    """The error of an attempt, which shows the URL and the secret nowhere."""
    with pytest.raises((RefusedError, UnavailableError)) as raised:
        webhook(receiver, **more).send(message())
    error = raised.value
    assert error.__cause__ is None
    assert error.__context__ is None
    text = "".join(traceback.format_exception_only(error))
    assert not any(secret in text for secret in ("sEcReT", "aNoThEr", "hooks", SECRET))
    return error


def test_the_receipt_is_the_status(receiver: HttpReceiver) -> None:
    receiver.answer(200, 202)
    receipts = [webhook(receiver).send(message()) for _ in range(3)]
    assert receipts == ["HTTP 200", "HTTP 202", "HTTP 204"]
    assert {(request.method, request.path) for request in receiver.requests} == {("POST", PATH)}


def test_the_body_is_the_message_and_nothing_is_lost_on_the_way(receiver: HttpReceiver) -> None:
    sent = message(kind="reopened", title=HOSTILE, items=(Item(HOSTILE, HOSTILE),))
    webhook(receiver).send(sent)
    (request,) = receiver.requests
    document = request.document
    assert Content.from_document(document.pop("data")) == sent.content
    assert document == {"id": KEY, "type": "alert.reopened", "timestamp": "2026-11-15T12:00:00Z"}
    assert request.headers["content-type"] == "application/json"


def test_a_message_of_any_size_is_sent_whole(receiver: HttpReceiver) -> None:
    webhook(receiver).send(overlong())
    assert len(receiver.requests[0].document["data"]["items"]) == 200


def test_the_official_library_accepts_the_signature(receiver: HttpReceiver) -> None:
    webhook(receiver).send(message())
    (request,) = receiver.requests
    verified = Standard(SECRET).verify(request.body, dict(request.headers))
    assert verified == request.document
    with pytest.raises(WebhookVerificationError):
        Standard(SECRET).verify(request.body + b" ", dict(request.headers))


def test_a_secret_that_is_no_base64_is_taken_as_text(receiver: HttpReceiver) -> None:
    webhook(receiver, "ein Schlüssel").send(message())
    (request,) = receiver.requests
    Standard("ein Schlüssel".encode()).verify(request.body, dict(request.headers))


def test_every_attempt_has_the_same_key_and_body_and_a_time_of_its_own(
    receiver: HttpReceiver,
) -> None:
    for minutes in (0, 3):
        at = NOW + timedelta(minutes=minutes)
        Webhook(receiver.url, SECRET, now=partial(lambda at: at, at)).send(message())
    first, second = receiver.requests
    assert first.body == second.body
    keys = {r.headers[h] for r in receiver.requests for h in ("webhook-id", "idempotency-key")}
    assert keys == {KEY}
    times = [int(request.headers["webhook-timestamp"]) for request in receiver.requests]
    assert times[1] - times[0] == 180
    for request in receiver.requests:
        Standard(SECRET).verify(request.body, dict(request.headers))


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again_later(receiver: HttpReceiver, status: int) -> None:
    receiver.answer(status)
    error = refused(receiver)
    assert isinstance(error, UnavailableError)
    assert str(error).startswith(f"HTTP {status} ")
    assert error.after_seconds is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_other_4xx_are_final(receiver: HttpReceiver, status: int) -> None:
    receiver.answer(Answer(status, body=f"Cannot POST {PATH}".encode()))
    error = refused(receiver)
    assert isinstance(error, RefusedError)
    assert str(error).startswith(f"HTTP {status} ")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_not_followed(receiver: HttpReceiver, status: int) -> None:
    receiver.answer(Answer(status, {"Location": f"{receiver.url}/elsewhere"}))
    assert isinstance(refused(receiver), RefusedError)
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0),
        (format_datetime(NOW + timedelta(days=900), usegmt=True), 86400),
        ("next week", None),
        ("", None),
    ],
)
def test_a_pause_is_asked_for_in_seconds_or_as_an_instant(
    receiver: HttpReceiver, header: str, seconds: float | None
) -> None:
    receiver.answer(Answer(503, {"Retry-After": header}))
    error = refused(receiver)
    assert isinstance(error, UnavailableError)
    assert error.after_seconds == seconds


@pytest.mark.parametrize(
    ("answer", "words"), [("hang", "it took too long"), ("close", "the connection broke off")]
)
def test_silence_may_pass(receiver: HttpReceiver, answer: Any, words: str) -> None:
    receiver.answer(Answer(answer))
    error = refused(receiver, timeout_seconds=(5.0, 0.1))
    assert isinstance(error, UnavailableError)
    assert str(error) == f"no answer: {words}"


def test_nobody_listening_may_pass() -> None:
    with pytest.raises(UnavailableError, match=r"^no answer: Connection refused$"):
        Webhook(f"http://127.0.0.1:{closed_port()}{PATH}", SECRET).send(message())


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_==", "whsec_not base64!", "whsec_abcde"])
def test_a_secret_that_cannot_be_used_is_refused_at_once(secret: str) -> None:
    with pytest.raises(ValueError, match=r"^is not usable"):
        Webhook("https://receiver.example", secret)


def test_base64_may_come_without_its_padding() -> None:
    assert signing_key(SECRET.rstrip("=")) == signing_key(SECRET) == BYTES
