"""E-mail: what is handed in, over which connection, and what each answer of a server means."""

import logging
import traceback
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from alerting.messages import CONTENT, HOSTILE, KEY, NOW, message, overlong
from certificates import Certificate
from receivers import MailServer, closed_port, talking

from orchestration.alerting.destinations.email import Email
from orchestration.alerting.destinations.smtp import SmtpServer
from orchestration.alerting.messages.message import Item, Link, RefusedError, UnavailableError

FROM, TO = "Alerts <alerts@agency.example>", ("anna@agency.example", "Bob <bob@agency.example>")
PASSWORD = "p@ss/w:rd#1 %"
USER = "robot@agency.example"
USERS = {USER: PASSWORD}
LOGIN = {"user": quote(USER, safe=""), "password": quote(PASSWORD, safe="")}


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


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as found:
        yield found


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate.made(tmp_path_factory.mktemp("certificate"))


def email(url: str, to: tuple[str, ...] = TO, **more: Any) -> Email:
    return Email(SmtpServer.from_url(url), FROM, to, now=lambda: NOW + timedelta(hours=1), **more)


def plain(server: MailServer, **more: Any) -> Email:
    return email(server.url(query="?tls=none"), **more)


def refused(destination: Email, kind: type[Exception]) -> str:
    """What an attempt is told; the password shows nowhere."""
    with pytest.raises(kind) as raised:
        destination.send(message())
    error = raised.value
    assert error.__cause__ is None
    assert error.__context__ is None
    told = "".join(traceback.format_exception_only(error)) + repr(destination)
    assert not any(secret in told for secret in (PASSWORD, LOGIN["password"]))
    return str(error)


def test_the_receipt_is_the_servers_answer_to_the_data(server: MailServer) -> None:
    assert plain(server).send(message()) == "250 OK queued as 1234"
    (mail,) = server.mails
    assert mail.sender == "alerts@agency.example"
    assert mail.recipients == ("anna@agency.example", "bob@agency.example")


def test_a_mail_says_who_sent_it_when_and_that_no_person_did(server: MailServer) -> None:
    plain(server).send(message())
    mail = server.mails[0].message
    assert mail["Subject"] == "[HIGH] 2 clients: campaigns came without their conversions"
    assert mail["Message-ID"] == f"<{KEY}@meta-ads-warehouse>"
    assert mail["Date"].datetime == NOW + timedelta(hours=1)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["From"] == FROM
    assert mail["To"] == ", ".join(TO)
    assert mail.get_content_type() == "multipart/alternative"


def test_both_parts_say_what_is_wrong_since_when_and_what_to_do(server: MailServer) -> None:
    plain(server).send(message())
    (mail,) = server.mails
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
def test_the_subject_tells_the_kind(server: MailServer, kind: str, subject: str) -> None:
    plain(server).send(message(kind=kind, title="Days are missing", items=(), links=(), alerts=()))
    assert server.mails[0].message["Subject"] == subject


def test_every_attempt_has_the_same_message_id(server: MailServer) -> None:
    for _ in range(2):
        plain(server).send(message())
    assert len({mail.message["Message-ID"] for mail in server.mails}) == 1


def test_hostile_names_are_text_and_add_no_header(server: MailServer) -> None:
    items = (Item(HOSTILE, HOSTILE, 'https://x.example/"><script>'),)
    links = (Link(HOSTILE, "javascript:alert(1)"),)
    plain(server).send(message(title=HOSTILE, items=items, links=links, do=HOSTILE, note=HOSTILE))
    (mail,) = server.mails
    assert mail.message["Bcc"] is None
    assert mail.recipients == ("anna@agency.example", "bob@agency.example")
    assert "👩‍👩‍👧 日本語" in mail.message["Subject"]
    page = Tags(mail.part("html"))
    assert "script" not in page.names
    assert page.names.count("table") == 1
    assert page.links == ['https://x.example/"><script>']
    assert '<script>alert("1")</script> & <!channel>' in page.text
    assert "\x1b" not in mail.part("html") + mail.part("plain")


def test_overlong_messages_are_cut_and_the_rest_is_counted(server: MailServer) -> None:
    plain(server).send(overlong())
    (mail,) = server.mails
    assert len(mail.message["Subject"]) == 150
    assert "and 1,100 more" in mail.part("plain")
    assert "and 1,100 more" in Tags(mail.part("html")).text
    assert max(map(len, mail.raw.splitlines())) <= 998


@pytest.mark.parametrize("answer", ["421 come back", "451 local error", "452 no room"])
@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_4xx_may_pass(server: MailServer, command: str, answer: str) -> None:
    server.refuse[command] = answer
    assert refused(plain(server), UnavailableError) == answer
    assert server.mails == []


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_5xx_is_final(server: MailServer, command: str) -> None:
    server.refuse[command] = "554 5.7.1 we do not want this"
    assert refused(plain(server), RefusedError) == "554 5.7.1 we do not want this"


def test_recipients_that_are_refused_are_named_and_the_others_get_it(server: MailServer) -> None:
    server.refuse["bob@agency.example"] = "550 no such user"
    told = plain(server).send(message())
    assert told == "250 OK queued as 1234; refused: bob@agency.example (550 no such user)"
    assert server.mails[0].recipients == ("anna@agency.example",)


def test_one_recipient_that_may_be_taken_later_is_enough_to_try_again(server: MailServer) -> None:
    server.refuse["anna@agency.example"] = "550 no such user"
    server.refuse["bob@agency.example"] = "450 greylisted"
    assert refused(plain(server), UnavailableError) == "450 greylisted"


@pytest.mark.parametrize("farewell", ["hang", "close", "500 what?"])
def test_a_mail_that_was_taken_is_sent_whatever_the_farewell(
    server: MailServer, farewell: str
) -> None:
    server.refuse["QUIT"] = farewell
    assert plain(server, step_seconds=0.5).send(message()) == "250 OK queued as 1234"


@pytest.mark.parametrize(
    ("answer", "words"), [("hang", "it took too long"), ("close", "SMTPServerDisconnected")]
)
def test_silence_may_pass(server: MailServer, answer: str, words: str) -> None:
    server.refuse["DATA"] = answer
    told = refused(plain(server, step_seconds=0.5), UnavailableError)
    assert told == f"no answer: {words}"


def test_a_conversation_ends_in_time_however_many_steps_it_has(server: MailServer) -> None:
    told = refused(plain(server, total_seconds=0.0), UnavailableError)
    assert told == "no answer: it took too long"


def test_nobody_listening_may_pass() -> None:
    destination = email(f"smtp://127.0.0.1:{closed_port()}?tls=none")
    assert refused(destination, UnavailableError) == "no answer: Connection refused"


@pytest.mark.parametrize(
    ("greeting", "kind"),
    [
        ("421 too busy", UnavailableError),
        ("554 no service", RefusedError),
        ("HTTP/1.1 400 Bad Request", UnavailableError),
    ],
)
def test_a_greeting_may_be_a_refusal(greeting: str, kind: type[Exception]) -> None:
    with talking(greeting) as port:
        refused(email(f"smtp://127.0.0.1:{port}?tls=none"), kind)


def test_starttls_is_used_before_the_password_is_said(certificate: Certificate) -> None:
    with MailServer("starttls", certificate, USERS) as server:
        destination = email(server.url(**LOGIN, query=f"?ca={certificate.file}"))
        assert destination.send(message()) == "250 OK queued as 1234"
        assert (server.mails[0].is_encrypted, server.mails[0].user) == (True, USER)


def test_smtps_is_encrypted_from_the_first_byte(certificate: Certificate) -> None:
    with MailServer("implicit", certificate, USERS) as server:
        destination = email(server.url(**LOGIN, query=f"?ca={certificate.file}"))
        assert destination.send(message()) == "250 OK queued as 1234"
        assert (server.mails[0].is_encrypted, server.mails[0].user) == (True, USER)


def test_without_starttls_nothing_is_said(server: MailServer) -> None:
    told = refused(email(server.url(**LOGIN)), RefusedError)
    assert "STARTTLS" in told


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_that_nobody_vouches_for_is_refused(
    certificate: Certificate, tls: Any
) -> None:
    with MailServer(tls, certificate) as server:
        assert "certificate" in refused(email(server.url()), RefusedError)
        assert server.mails == []


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_of_another_host_is_refused(tmp_path: Path, tls: Any) -> None:
    other = Certificate.made(tmp_path, "mail.example")
    with MailServer(tls, other) as server:
        told = refused(email(server.url(query=f"?ca={other.file}")), RefusedError)
        assert "127.0.0.1" in told


@pytest.mark.parametrize(
    ("answer", "kind"), [("535 5.7.8 wrong", RefusedError), ("454 4.7.0 later", UnavailableError)]
)
def test_a_password_may_be_refused(
    certificate: Certificate, answer: str, kind: type[Exception]
) -> None:
    with MailServer("starttls", certificate, USERS) as server:
        server.refuse["AUTH"] = answer
        destination = email(server.url(**LOGIN, query=f"?ca={certificate.file}"))
        assert refused(destination, kind) == answer


def test_a_server_that_quotes_the_password_is_not_quoted(certificate: Certificate) -> None:
    with MailServer("starttls", certificate, USERS) as server:
        server.refuse["AUTH"] = f"535 {PASSWORD} is wrong"
        destination = email(server.url(**LOGIN, query=f"?ca={certificate.file}"))
        assert refused(destination, RefusedError) == "535 *** is wrong"


def test_a_server_without_passwords_is_refused() -> None:
    with talking("220 hello", "250 hello", "250 bye") as port:
        told = refused(email(f"smtp://a:secret-word@127.0.0.1:{port}?tls=none"), RefusedError)
        assert "AUTH" in told


def test_nothing_is_logged_whatever_the_level(
    server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        plain(server).send(message())
    assert not any("orchestration" in record.name for record in caplog.records)


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("smtps://mail.example", ("mail.example", 465, "", "implicit")),
        ("smtp://mail.example", ("mail.example", 587, "", "starttls")),
        ("smtp://mail.example:25/?tls=none", ("mail.example", 25, "", "none")),
        ("smtp://a%40b:x%2Fy@mail.example:26", ("mail.example", 26, "a@b", "starttls")),
    ],
)
def test_a_url_says_where_and_how(url: str, read: tuple[Any, ...]) -> None:
    server = SmtpServer.from_url(url)
    assert (server.host, server.port, server.user, server.tls) == read
    assert "x/y" not in repr(server)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example",
        "https://a:hidden@mail.example",
        "smtp://a:hidden@",
        "smtp://a:hid/den@mail.example",
        "smtp://a:hid#den@mail.example",
        "smtp://a:hidden@mail.example:port",
        "smtp://a:hidden@mail.example/path",
        "smtp://a:hidden@mail.example?tsl=none",
        "smtp://a:hidden@mail.example?tls=maybe",
        "smtps://a:hidden@mail.example?tls=none",
        "smtp://a:hidden@mail.example?ca=/no/such/file",
        "smtp://a:hidden@mail..example",
        "smtp://a:hiddén@mail.example",
        "smtp://[::1",
    ],
)
def test_a_url_that_cannot_be_used_is_told_without_it(url: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|must|may|has) ") as raised:
        SmtpServer.from_url(url)
    assert "hid" not in str(raised.value)


@pytest.mark.parametrize(
    "address", ["", "anna", "@agency.example", "anna@", "a@b\nBcc: c@d", "a b@c", "jörg@b.example"]
)
def test_what_is_no_address_is_refused_at_once(address: str) -> None:
    with pytest.raises(ValueError, match="no usable address"):
        Email(SmtpServer.from_url("smtp://mail.example"), FROM, (address,))


def test_nobody_is_no_recipient() -> None:
    with pytest.raises(ValueError, match="no usable address"):
        Email(SmtpServer.from_url("smtp://mail.example"), FROM, ())
