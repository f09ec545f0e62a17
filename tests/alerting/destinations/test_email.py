"""E-mail: what a mail says, and which answers of a server are final."""

import logging
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from mail_servers import MailServer
from mails import FROM, TO, plain, refused
from messages import CONTENT, HOSTILE, KEY, NOW, message, overlong

from orchestration.alerting.destinations.email import Email
from orchestration.alerting.destinations.smtp import SmtpServer
from orchestration.alerting.messages.message import Item, Link, RefusedError, UnavailableError


class Tags(HTMLParser):
    """The elements, the links and the text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_receipt_is_the_servers_answer_to_the_data(mail_server: MailServer) -> None:
    assert plain(mail_server).send(message()) == "250 OK queued as 1234"
    (mail,) = mail_server.mails
    assert mail.sender == "alerts@agency.example"
    assert mail.recipients == ("anna@agency.example", "bob@agency.example")


def test_a_mail_says_who_sent_it_when_and_that_no_person_did(mail_server: MailServer) -> None:
    plain(mail_server).send(message())
    mail = mail_server.mails[0].message
    assert mail["Subject"] == "[HIGH] 2 clients: campaigns came without their conversions"
    assert mail["Message-ID"] == f"<{KEY}@meta-ads-warehouse>"
    assert mail["Date"].datetime == NOW + timedelta(hours=1)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["From"] == FROM
    assert mail["To"] == ", ".join(TO)
    assert mail.get_content_type() == "multipart/alternative"


def test_both_parts_say_what_is_wrong_since_when_and_what_to_do(mail_server: MailServer) -> None:
    plain(mail_server).send(message())
    (mail,) = mail_server.mails
    assert mail.part("plain").replace("\r\n", "\n") == (
        "[HIGH] 2 clients: campaigns came without their conversions\n\n"
        "- Acme Outdoor: 2026-11-13 to 2026-11-14\n"
        "  https://ads.example/admin/clients/acme\n"
        "- Borealis & Sons: 2026-11-14\n"
        "and 3 more\n\n"
        "Since: 2026-11-15 06:40 UTC\n\n"
        "What the system does: It keeps the last good rows.\n\n"
        "To do: Look at them: meta-ads quarantine list\n\n"
        "Runbook: https://ads.example/runbook#split_data\n\n"
        "Slack refused this message, so it comes this way.\n\n"
        "-- \nalerts 7, 8 · split_data\n"
    )
    page = Tags(mail.part("html"))
    for words in ("Acme Outdoor", "Borealis & Sons", "and 3 more", CONTENT.since, CONTENT.note):
        assert words in page.text
    assert page.links == [CONTENT.items[0].url, CONTENT.links[0].url]
    assert "max-width:640px" in mail.part("html")


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("opened", "[HIGH] Days are missing"),
        ("resolved", "[HIGH resolved] Days are missing"),
        ("reminder", "[HIGH reminder] Days are missing"),
        ("digest", "[digest] Days are missing"),
        ("heartbeat", "[heartbeat] Days are missing"),
        ("test", "[test] Days are missing"),
    ],
)
def test_the_subject_tells_the_kind(mail_server: MailServer, kind: str, subject: str) -> None:
    plain(mail_server).send(
        message(kind=kind, title="Days are missing", items=(), links=(), alerts=())
    )
    assert mail_server.mails[0].message["Subject"] == subject


def test_every_attempt_has_the_same_message_id(mail_server: MailServer) -> None:
    for _ in range(2):
        plain(mail_server).send(message())
    assert len({mail.message["Message-ID"] for mail in mail_server.mails}) == 1


def test_hostile_names_are_text_and_add_no_header(mail_server: MailServer) -> None:
    items = (Item(HOSTILE, HOSTILE, 'https://x.example/"><script>'),)
    links = (Link(HOSTILE, "javascript:alert(1)"),)
    plain(mail_server).send(
        message(title=HOSTILE, items=items, links=links, do=HOSTILE, note=HOSTILE)
    )
    (mail,) = mail_server.mails
    assert mail.message["Bcc"] is None
    assert mail.recipients == ("anna@agency.example", "bob@agency.example")
    assert "👩‍👩‍👧 日本語" in mail.message["Subject"]
    page = Tags(mail.part("html"))
    assert "script" not in page.names
    assert page.names.count("table") == 1
    assert page.links == ['https://x.example/"><script>']
    assert '<script>alert("1")</script> & <!channel>' in page.text
    assert "\x1b" not in mail.part("html") + mail.part("plain")


def test_overlong_messages_are_cut_and_the_rest_is_counted(mail_server: MailServer) -> None:
    plain(mail_server).send(overlong())
    (mail,) = mail_server.mails
    assert len(mail.message["Subject"]) == 150
    assert "and 1,100 more" in mail.part("plain")
    assert "and 1,100 more" in Tags(mail.part("html")).text
    assert max(map(len, mail.raw.splitlines())) <= 998


@pytest.mark.parametrize("answer", ["421 come back", "451 local error", "452 no room"])
@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_4xx_may_pass(mail_server: MailServer, command: str, answer: str) -> None:
    mail_server.refuse[command] = answer
    assert refused(plain(mail_server), UnavailableError) == answer
    assert mail_server.mails == []


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_5xx_is_final(mail_server: MailServer, command: str) -> None:
    mail_server.refuse[command] = "554 5.7.1 we do not want this"
    assert refused(plain(mail_server), RefusedError) == "554 5.7.1 we do not want this"


def test_recipients_that_are_refused_are_named_and_the_others_get_it(
    mail_server: MailServer,
) -> None:
    mail_server.refuse["bob@agency.example"] = "550 no such user"
    receipt = plain(mail_server).send(message())
    assert receipt == "250 OK queued as 1234; refused: bob@agency.example (550 no such user)"
    assert mail_server.mails[0].recipients == ("anna@agency.example",)


def test_one_recipient_that_may_be_taken_later_is_enough_to_try_again(
    mail_server: MailServer,
) -> None:
    mail_server.refuse["anna@agency.example"] = "550 no such user"
    mail_server.refuse["bob@agency.example"] = "450 greylisted"
    assert refused(plain(mail_server), UnavailableError) == "450 greylisted"


def test_nothing_is_logged_whatever_the_level(
    mail_server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        plain(mail_server).send(message())
    assert not any("orchestration" in record.name for record in caplog.records)


@pytest.mark.parametrize(
    "address", ["", "anna", "@agency.example", "anna@", "a@b\nBcc: c@d", "a b@c", "jörg@b.example"]
)
def test_what_is_no_address_is_refused_at_once(address: str) -> None:
    with pytest.raises(ValueError, match="no usable address"):
        Email(SmtpServer.from_url("smtp://mail.example"), FROM, (address,))


def test_nobody_is_no_recipient() -> None:
    with pytest.raises(ValueError, match="no usable address"):
        Email(SmtpServer.from_url("smtp://mail.example"), FROM, ())
