"""E-mail for the tests: senders and recipients, and what an attempt says when it fails."""

import traceback
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from mail_servers import MailServer
from messages import NOW, message

from orchestration.alerting.destinations.email import Email
from orchestration.alerting.destinations.smtp import SmtpServer

FROM, TO = "Alerts <alerts@agency.example>", ("anna@agency.example", "Bob <bob@agency.example>")
PASSWORD = "p@ss/w:rd#1 %"
USER = "robot@agency.example"
USERS = {USER: PASSWORD}
LOGIN = {"user": quote(USER, safe=""), "password": quote(PASSWORD, safe="")}


def email(url: str, to: tuple[str, ...] = TO, **more: Any) -> Email:
    """A destination on the server of this URL; its mails are an hour younger than the message."""
    return Email(SmtpServer.from_url(url), FROM, to, now=lambda: NOW + timedelta(hours=1), **more)


def plain(server: MailServer, **more: Any) -> Email:
    """A destination on this server, without TLS."""
    return email(server.url(query="?tls=none"), **more)


def refused(destination: Email, kind: type[Exception]) -> str:
    """The text of the error of an attempt; the password shows nowhere."""
    with pytest.raises(kind) as raised:
        destination.send(message())
    error = raised.value
    assert error.__cause__ is None
    assert error.__context__ is None
    text = "".join(traceback.format_exception_only(error)) + repr(destination)
    assert not any(secret in text for secret in (PASSWORD, LOGIN["password"]))
    return str(error)
