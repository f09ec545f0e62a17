"""The mail server: reads its URL, and submits mail over a connection that ends in time.

The URL holds a password; no text here does.
"""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from time import monotonic
from typing import Any, Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

PORTS = {"smtp": 587, "smtps": 465}
STEP_SECONDS = 20.0
TOTAL_SECONDS = 45.0
"""For a whole connection: less than the lease of a message in the outbox."""


@dataclass(frozen=True, kw_only=True)
class SmtpServer:
    """A mail server: host and port, user and password, and how the connection is protected.

    `authorities` is a file with the certificates to trust; None are those of the system.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: Literal["implicit", "starttls", "none"]
    authorities: str | None

    @classmethod
    def from_url(cls, url: str) -> "SmtpServer":
        """The server that `smtps://user:password@host:465?ca=file.pem` names.

        Raises:
            ValueError: the URL cannot be used; the text belongs after the name of a setting, and
                holds no part of the URL.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
            (parts.hostname or "").encode("idna")
        except ValueError:
            raise ValueError("is no URL; is the password percent-encoded?") from None
        if parts.scheme not in PORTS or not parts.hostname or parts.path not in ("", "/"):
            raise ValueError(
                "must begin with smtps:// or smtp:// and name a host, with user and password in "
                "front of it as in any URL, the password percent-encoded"
            )
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if not f"{user}{password}{parts.hostname}".isascii():
            raise ValueError("has characters that SMTP does not accept; use ASCII only")
        tls, authorities = _protection(parts)
        return cls(
            host=parts.hostname,
            port=port or PORTS[parts.scheme],
            user=user,
            password=password,
            tls=tls,
            authorities=authorities,
        )


def _protection(parts: SplitResult) -> tuple[Any, str | None]:
    query = parse_qs(parts.query, keep_blank_values=True)
    tls, authorities = query.pop("tls", [""])[-1], query.pop("ca", [None])[-1]
    if query or parts.fragment:
        raise ValueError("may have ?tls=none and ?ca=FILE after the host, and nothing else")
    if tls and (tls != "none" or parts.scheme == "smtps"):
        raise ValueError("may have ?tls=none with smtp:// only, and no other value of tls")
    if authorities is not None:
        try:
            ssl.create_default_context(cafile=authorities)
        except OSError:
            raise ValueError("has ?ca with a file that holds no certificates") from None
    return tls or {"smtp": "starttls", "smtps": "implicit"}[parts.scheme], authorities


@dataclass(frozen=True)
class Accepted:
    """What the server said when it accepted a mail, and which recipients it refused."""

    code: int
    text: bytes
    refused: dict[str, tuple[int, bytes]]


def submit(
    server: SmtpServer,
    mail: EmailMessage,
    step_seconds: float = STEP_SECONDS,
    total_seconds: float = TOTAL_SECONDS,
) -> Accepted:
    """Submit a mail to the server.

    Raises:
        OSError: something failed; smtplib's errors are of this kind, too.
    """
    session = _connected(server, step_seconds, total_seconds)
    try:
        if server.tls == "starttls":
            session.starttls(context=_context(server))
        if server.user:
            session.login(server.user, server.password)
        refused = session.send_message(mail)
        # The mail is accepted: an error at the end must not cause it to be sent again.
        with suppress(smtplib.SMTPException, OSError):
            session.quit()
        return Accepted(*session.reply_to_data, refused)
    finally:
        session.close()


class _Session(smtplib.SMTP):
    """A connection that ends in time and keeps the server's reply to the data."""

    reply_to_data: tuple[int, bytes] = (0, b"")

    def __init__(
        self, server: SmtpServer, step_seconds: float, total_seconds: float, **more: Any
    ) -> None:
        # Set first: smtplib's constructor connects and reads a reply.
        self._step_seconds = step_seconds
        self._end = monotonic() + total_seconds
        super().__init__(server.host, server.port, timeout=step_seconds, **more)

    def getreply(self) -> tuple[int, bytes]:
        remaining = self._end - monotonic()
        if remaining <= 0:
            self.close()
            raise TimeoutError
        if self.sock is not None:
            self.sock.settimeout(min(self._step_seconds, remaining))
        return super().getreply()

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.reply_to_data = super().data(msg)
        return self.reply_to_data


class _TlsSession(_Session, smtplib.SMTP_SSL):
    """The same with TLS from the first byte."""


def _connected(server: SmtpServer, step_seconds: float, total_seconds: float) -> _Session:
    if server.tls != "implicit":
        return _Session(server, step_seconds, total_seconds)
    return _TlsSession(server, step_seconds, total_seconds, context=_context(server))


def _context(server: SmtpServer) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=server.authorities)
