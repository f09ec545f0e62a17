"""The mail server: its URL, the connection to it, TLS, and the password."""

from pathlib import Path
from typing import Any

import pytest
from certificates import Certificate
from mail_servers import MailServer, talking
from mails import LOGIN, PASSWORD, USER, USERS, email, plain, refused
from messages import message
from receivers import closed_port

from orchestration.alerting.destinations.smtp import SmtpServer
from orchestration.alerting.messages.message import RefusedError, UnavailableError


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate.made(tmp_path_factory.mktemp("certificate"))


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


def test_without_starttls_nothing_is_said(mail_server: MailServer) -> None:
    error = refused(email(mail_server.url(**LOGIN)), RefusedError)
    assert "STARTTLS" in error
    assert "?tls=none" in error


def test_a_server_that_does_not_begin_with_tls_is_told_from_one_that_does(
    mail_server: MailServer,
) -> None:
    url = mail_server.url().replace("smtp://", "smtps://")
    assert "smtp:// is for STARTTLS" in refused(email(url), RefusedError)


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
        error = refused(email(server.url(query=f"?ca={other.file}")), RefusedError)
        assert "127.0.0.1" in error


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
        error = refused(email(f"smtp://a:secret-word@127.0.0.1:{port}?tls=none"), RefusedError)
        assert "AUTH" in error


def test_a_conversation_ends_in_time_however_many_steps_it_has(mail_server: MailServer) -> None:
    error = refused(plain(mail_server, total_seconds=0.0), UnavailableError)
    assert error == "no answer: it took too long"


@pytest.mark.parametrize("farewell", ["hang", "close", "500 what?"])
def test_an_accepted_mail_counts_as_sent_however_the_connection_ends(
    mail_server: MailServer, farewell: str
) -> None:
    mail_server.refuse["QUIT"] = farewell
    assert plain(mail_server, step_seconds=0.5).send(message()) == "250 OK queued as 1234"


@pytest.mark.parametrize(
    ("answer", "words"), [("hang", "it took too long"), ("close", "SMTPServerDisconnected")]
)
def test_silence_may_pass(mail_server: MailServer, answer: str, words: str) -> None:
    mail_server.refuse["DATA"] = answer
    error = refused(plain(mail_server, step_seconds=0.5), UnavailableError)
    assert error == f"no answer: {words}"


def test_nobody_listening_may_pass() -> None:
    destination = email(f"smtp://127.0.0.1:{closed_port()}?tls=none")
    assert refused(destination, UnavailableError) == "no answer: Connection refused"


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
def test_the_error_about_an_unusable_url_does_not_show_it(url: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|must|may|has) ") as raised:
        SmtpServer.from_url(url)
    assert "hid" not in str(raised.value)
