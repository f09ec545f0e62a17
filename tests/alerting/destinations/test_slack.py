"""Slack: what is posted, and what each of its answers means."""

import logging
import traceback
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from messages import CONTENT, HOSTILE, NOW, message, overlong
from receivers import Answer, HttpReceiver, closed_port

from orchestration.alerting.destinations.slack import Slack
from orchestration.alerting.messages.message import Item, Kind, Link, RefusedError, UnavailableError

PATH = "/services/T0001/B0002/sEcReTtOkEn0123456789"
KINDS = get_args(Kind)


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver() as found:
        yield found


def slack(receiver: HttpReceiver, **more: Any) -> Slack:
    return Slack(receiver.url + PATH, now=lambda: NOW, **more)


def texts(block: Any) -> list[str]:
    """Every text of a block."""
    if isinstance(block, dict):
        own = [block["text"]] if isinstance(block.get("text"), str) else []
        return own + [text for part in block.values() for text in texts(part)]
    return [text for part in block for text in texts(part)] if isinstance(block, list) else []


def posted(receiver: HttpReceiver, **changes: Any) -> dict[str, Any]:
    slack(receiver).send(message(**changes))
    document: dict[str, Any] = receiver.requests[-1].document
    return document


def refused(receiver: HttpReceiver, **more: Any) -> BaseException:
    """The error of an attempt, which shows the URL nowhere."""
    with pytest.raises((RefusedError, UnavailableError)) as raised:
        slack(receiver, **more).send(message())
    error = raised.value
    assert error.__cause__ is None
    assert error.__context__ is None
    text = "".join(traceback.format_exception_only(error))
    assert "sEcReT" not in text
    assert "services" not in text
    return error


def test_the_receipt_is_slacks_answer(receiver: HttpReceiver) -> None:
    assert slack(receiver).send(message()) == "HTTP 200 ok"
    (request,) = receiver.requests
    assert (request.method, request.path) == ("POST", PATH)
    assert request.headers["content-type"].startswith("application/json")


def test_a_message_says_what_is_wrong_since_when_and_what_to_do(receiver: HttpReceiver) -> None:
    document = posted(receiver)
    assert document["text"] == "[HIGH] 2 clients: campaigns came without their conversions"
    header, items, since, does, do, links, note, context = document["blocks"]
    assert header["text"]["text"] == f"🟠 {document['text']}"
    assert items["text"]["text"] == (
        "• <https://ads.example/admin/clients/acme|Acme Outdoor>: 2026-11-13 to 2026-11-14\n"
        "• Borealis &amp; Sons: 2026-11-14\n"
        "and 3 more"
    )
    assert since["text"]["text"] == "*Since:* 2026-11-15 06:40 UTC"
    assert does["text"]["text"] == "*What the system does:* It keeps the last good rows."
    assert do["text"]["text"] == "*To do:* Look at them: meta-ads quarantine list"
    assert links["text"]["text"] == "<https://ads.example/runbook#split_data|Runbook>"
    assert note["text"]["text"] == f"_{CONTENT.note}_"
    assert texts(context) == ["alerts 7, 8 · split_data"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_word_and_what_is_empty_has_no_block(
    receiver: HttpReceiver, kind: str
) -> None:
    empty = {"items": (), "more": 0, "since": "", "does": "", "do": "", "links": (), "note": ""}
    document = posted(receiver, kind=kind, alerts=(), rule="", **empty)
    (header,) = document["blocks"]
    assert header["text"]["text"].endswith(document["text"])
    assert kind == "opened" or kind in document["text"]


def test_hostile_names_are_escaped_and_call_nobody(receiver: HttpReceiver) -> None:
    items = (Item(HOSTILE, HOSTILE, "javascript:alert(1)"), Item("a", "b", "https://x.example/|&y"))
    document = posted(receiver, title=HOSTILE, items=items, links=(Link(HOSTILE, "file:///x"),))
    blocks = document["blocks"]
    marked = [block["text"] for block in blocks[1:-1]]
    assert all(text["type"] == "mrkdwn" and text["verbatim"] for text in marked)
    markup = "".join(text["text"] for text in marked) + document["text"]
    assert "<!channel>" not in markup
    assert "&lt;!channel&gt;" in markup
    assert "<script" not in markup
    assert "javascript" not in markup
    assert "<https://x.example/%7C&amp;y|a>" in markup
    assert all(len(text.splitlines()) == 1 for text in texts(blocks[0]))


def test_no_text_is_longer_than_slack_takes_and_the_rest_is_counted(
    receiver: HttpReceiver,
) -> None:
    slack(receiver).send(overlong())
    document = receiver.requests[-1].document
    blocks = document["blocks"]
    assert len(blocks) <= 50
    assert len(texts(blocks[0])[0]) <= 150
    assert max(len(text) for text in texts(blocks)) <= 3000
    assert sum(len(text) for text in texts(blocks)) <= 13_200
    items = [text for text in texts(blocks) if text.startswith("•")]
    shown = sum(text.count("• ") for text in items)
    assert items[-1].endswith(f"and {1200 - shown:,} more")
    assert "and 980 more" in texts(blocks[-1])[0]


@pytest.mark.parametrize("length", range(140, 160))
def test_no_escaped_character_is_cut_in_half(receiver: HttpReceiver, length: int) -> None:
    document = posted(receiver, items=(Item("x" * (length - 3) + "&" * 3, ""),))
    (text,) = texts(document["blocks"][1])
    assert "&" not in text.replace("&amp;", "")


@pytest.mark.parametrize("word", ["no_service", "invalid_token", "channel_is_archived"])
def test_a_refusal_says_slacks_word(receiver: HttpReceiver, word: str) -> None:
    receiver.answer(Answer(404, body=word.encode()))
    error = refused(receiver)
    assert isinstance(error, RefusedError)
    assert str(error) == f"HTTP 404 Not Found: {word}"


def test_a_page_that_quotes_the_url_is_not_repeated(receiver: HttpReceiver) -> None:
    receiver.answer(Answer(403, body=f"<p>Cannot POST {PATH}</p>".encode()))
    assert str(refused(receiver)) == "HTTP 403 Forbidden"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "30"}, 30),
        ({"retry-after": "0"}, 0),
        ({"Retry-After": "9" * 400}, 86400),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "soon"}, None),
    ],
)
def test_too_many_requests_name_how_long_slack_wants_to_be_left_alone(
    receiver: HttpReceiver, header: dict[str, str], seconds: float | None
) -> None:
    receiver.answer(Answer(429, header))
    error = refused(receiver)
    assert isinstance(error, UnavailableError)
    assert error.after_seconds == seconds


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_fault_of_slacks_may_pass_and_is_not_tried_again_at_once(
    receiver: HttpReceiver, status: int
) -> None:
    receiver.answer(status)
    assert isinstance(refused(receiver), UnavailableError)
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_not_followed(receiver: HttpReceiver, status: int) -> None:
    receiver.answer(Answer(status, {"Location": f"{receiver.url}/elsewhere"}))
    assert isinstance(refused(receiver), RefusedError)
    assert len(receiver.requests) == 1


def test_a_web_page_is_no_receipt(receiver: HttpReceiver) -> None:
    receiver.answer(Answer(200, body=b"\n<!doctype html><title>Sign in</title>"))
    assert "no incoming webhook" in str(refused(receiver))


@pytest.mark.parametrize(
    ("answer", "words"), [("hang", "it took too long"), ("close", "the connection broke off")]
)
def test_silence_may_pass(receiver: HttpReceiver, answer: Any, words: str) -> None:
    receiver.answer(Answer(answer))
    error = refused(receiver, timeout_seconds=0.1)
    assert isinstance(error, UnavailableError)
    assert str(error) == f"no answer: {words}"


def test_nobody_listening_may_pass() -> None:
    with pytest.raises(UnavailableError, match=r"^no answer: Connection refused$"):
        Slack(f"http://127.0.0.1:{closed_port()}{PATH}").send(message())


def test_nothing_is_logged_whatever_the_level(
    receiver: HttpReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.answer(200, Answer("close"))
    slack(receiver).send(message())
    refused(receiver)
    assert caplog.text == ""


@pytest.mark.parametrize(
    "url", ["", "hooks", "ftp://x/y", "https://", "http://a..b/c", "http://[::1", "http://a b/c"]
)
def test_the_error_about_an_unusable_url_does_not_show_it(url: str) -> None:
    with pytest.raises(ValueError, match=r"^is no http or https URL$"):
        Slack(url)
